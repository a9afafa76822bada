import { spawn } from 'node:child_process'
import { internal, RookeryError, unavailable } from '@rookery/model'

/** How an external program is run. */
export interface RunOptions {
  cwd?: string
  /** Added to this process's own environment. */
  env?: Record<string, string>
  /** What the program reads; without it standard input is empty. */
  input?: string
  /** Killed after this long; 120,000 without it. */
  timeoutMs?: number
  signal?: AbortSignal
}

/** Programs for administrators live in folders that a user's PATH may lack. */
const searchPath = (): string => `${process.env.PATH ?? '/usr/bin:/bin'}:/usr/sbin:/sbin`

/** The environment of every tool: messages in English, so that what is parsed and shown is what was tested. */
export function toolEnvironment(extra: Record<string, string> = {}): NodeJS.ProcessEnv {
  return { ...process.env, PATH: searchPath(), LC_ALL: 'C.UTF-8', ...extra }
}

/**
 * Runs a program by its argument vector and gives its standard output. Fails with `lab.tool.missing` when there is no such
 * program, `lab.tool.timeout` when it took too long, `lab.tool.failed` with the end of what it wrote when it ended other
 * than with 0; an aborted signal is rethrown as its reason.
 */
export async function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { timeoutMs = 120_000, signal } = options
  signal?.throwIfAborted()
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: toolEnvironment(options.env),
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const output: Buffer[] = []
  const errors: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk))
  // A program that ends without reading its input closes the pipe; how it ended says the rest.
  child.stdin.on('error', () => undefined)
  child.stdin.end(options.input ?? '')
  let timedOut = false
  const timer = setTimeout(() => {
    timedOut = true
    child.kill('SIGKILL')
  }, timeoutMs)
  const abort = (): void => void child.kill('SIGKILL')
  signal?.addEventListener('abort', abort, { once: true })
  try {
    const status = await new Promise<number | NodeJS.Signals | null>((resolve, reject) => {
      child.once('error', error => reject(toolError(program, error)))
      child.once('close', (code, killedBy) => resolve(code ?? killedBy))
    })
    signal?.throwIfAborted()
    if (timedOut)
      throw unavailable('lab.tool.timeout', `\`${program}\` did not end within ${Math.round(timeoutMs / 1000)} s`)
    if (status === 0) return Buffer.concat(output).toString('utf8')
    const said = lastLines(`${Buffer.concat(output)}\n${Buffer.concat(errors)}`)
    throw new RookeryError('unavailable', 'lab.tool.failed', `\`${program}\` ended with ${status}: ${said}`, {
      detail: { program, args, status },
    })
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
}

function toolError(program: string, error: Error): RookeryError {
  const missing = 'code' in error && error.code === 'ENOENT'
  return missing
    ? unavailable('lab.tool.missing', `There is no program \`${program}\` on this machine`, { cause: error })
    : internal('lab.tool.start', `\`${program}\` could not be started`, { cause: error })
}

/** The last lines that say something, as one line of at most 600 characters. */
export function lastLines(text: string): string {
  const lines = text
    .split(/[\r\n]+/)
    .map(line => line.trim())
    .filter(line => line !== '')
  return lines.slice(-6).join(' | ').slice(-600) || 'it said nothing'
}
