import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { appRoot } from '../instance/paths.ts'
import type { Heard } from './reporter.ts'

/** What a test file needs to run. */
export interface FileRun {
  readonly file: string
  readonly env: NodeJS.ProcessEnv
  /** The longest a test may take, seconds. */
  readonly patience: number
  /** The longest the file may say nothing, seconds; half a minute more than a test may take. */
  readonly silence?: number
  /** Only tests whose name matches. */
  readonly name?: string
  /** In a network of its own, where the machine lets us make one. */
  readonly ownNetwork?: boolean
  /** Each result as it comes. */
  readonly heard: (h: Heard) => void
  /** Ends the file early. */
  readonly signal?: AbortSignal
}

/** How much of what a file printed is kept for showing beside a failure. */
const KEPT = 4_000

/**
 * Runs one test file in a process group of its own; answers what it printed and, if it did not end by itself and cleanly, why not.
 * A file that goes on after its last test (a timer, a server left open) is ended and told so: otherwise a run would hang.
 */
export function runFile(r: FileRun): Promise<{ printed: string; broken?: string }> {
  const silence = r.silence ?? r.patience + 30
  const args = [
    '--disable-warning=ExperimentalWarning',
    `--test-timeout=${r.patience * 1_000}`,
    `--test-reporter=${join(import.meta.dirname, 'reporter.ts')}`,
    '--test-reporter-destination=stdout',
    ...(r.name === undefined ? [] : [`--test-name-pattern=${r.name}`]),
    r.file,
  ]
  const [program = '', ...words] =
    r.ownNetwork === true ? inOwnNetwork([process.execPath, ...args]) : [process.execPath, ...args]
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, {
      cwd: appRoot,
      env: r.env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    })
    const killAll = () => killGroup(child.pid)
    let printed = ''
    let rest = ''
    let last = 'nothing yet'
    let failed = false
    let silent = false
    const quiet = setTimeout(() => {
      silent = true
      killAll()
    }, silence * 1_000)
    const keep = (s: string) => (printed = (printed + s).slice(-KEPT))
    child.stdout?.setEncoding('utf8').on('data', keep)
    child.stderr?.setEncoding('utf8').on('data', keep)
    const results = child.stdio[3] as NodeJS.ReadableStream
    results.setEncoding('utf8')
    results.on('data', (chunk: string) => {
      quiet.refresh()
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        const h = JSON.parse(line) as Heard
        if (h.kind !== 'end' && h.kind !== 'said') last = h.name
        failed ||= h.kind === 'fail'
        r.heard(h)
      }
    })
    r.signal?.addEventListener('abort', killAll, { once: true })
    child.on('error', reject)
    child.on('exit', () => clearTimeout(quiet))
    child.on('close', (code, signal) => {
      r.signal?.removeEventListener('abort', killAll)
      killAll() // what the file left behind in its group
      if (silent)
        resolve({
          printed,
          broken: `it said nothing for ${silence} s and was ended; the last heard of was: ${last}. Is something left open?`,
        })
      else if (code !== 0 && !failed) resolve({ printed, broken: `it ended with ${signal ?? `code ${code}`}` })
      else resolve({ printed })
    })
  })
}

/** Only root may; anybody else runs the file among the networks of the machine. */
function inOwnNetwork(words: readonly string[]): string[] {
  if (process.getuid?.() !== 0 || !existsSync(UNSHARE)) return [...words]
  return [UNSHARE, '--net', '--', '/bin/sh', '-c', 'ip link set lo up && exec "$@"', 'sh', ...words]
}

const UNSHARE = '/usr/bin/unshare'

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error // nothing is left of it
  }
}
