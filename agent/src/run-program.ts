import { spawn } from 'node:child_process'
import { internal, unavailable } from '@rookery/model'

/** How a program is run. */
export interface ProgramOptions {
  /** Written to its standard input. */
  readonly input?: string
  /** It is killed after this long. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  readonly cwd?: string
}

/** How a program ended; both streams cut at 256 KiB. */
export interface ProgramEnd {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

const maxOutput = 256 * 1024

/** Runs a program by an argument vector, never through a shell, in a plain environment. Throws only when it cannot be run or takes too long. */
export function tryProgram(file: string, args: readonly string[], options: ProgramOptions = {}): Promise<ProgramEnd> {
  const { input, timeoutMs = 30_000, signal, cwd } = options
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8' },
      ...(cwd === undefined ? {} : { cwd }),
    })
    const out = { stdout: '', stderr: '' }
    let late = false
    const timer = setTimeout(() => {
      late = true
      child.kill('SIGKILL')
    }, timeoutMs)
    const abort = () => child.kill('SIGKILL')
    signal?.addEventListener('abort', abort, { once: true })
    for (const name of ['stdout', 'stderr'] as const)
      child[name].setEncoding('utf8').on('data', (text: string) => {
        if (out[name].length < maxOutput) out[name] += text.slice(0, maxOutput)
      })
    const done = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
    }
    child.once('error', cause => {
      done()
      reject(unavailable('program.missing', `${file} cannot be run on this host: ${cause.message}.`, { cause }))
    })
    child.once('close', code => {
      done()
      if (late) reject(unavailable('program.timeout', `${file} did not end within ${timeoutMs / 1000} seconds.`))
      else resolve({ code: code ?? -1, ...out })
    })
    child.stdin.on('error', () => {}) // it ended without reading all: its code says what that means
    child.stdin.end(input ?? '')
  })
}

/** The same, and a code other than 0 is an error that quotes what the program said. */
export async function runProgram(file: string, args: readonly string[], options: ProgramOptions = {}): Promise<string> {
  const end = await tryProgram(file, args, options)
  if (end.code !== 0)
    throw internal(
      'program.failed',
      `${file} failed on this host: ${end.stderr.trim().slice(0, 500) || `code ${end.code}`}`,
      {
        detail: { args: args.slice(0, 20), code: end.code },
      },
    )
  return end.stdout
}
