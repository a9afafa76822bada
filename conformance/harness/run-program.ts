import { spawn } from 'node:child_process'

/** How a program ended and what it said. `code` is null when a signal ended it. */
export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** How a program is run. */
export interface RunOptions {
  /** Milliseconds until it is ended. */
  readonly timeoutMs?: number
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: string
  /** Each line of standard output as it comes; what it gives is written to the program's standard input. */
  readonly onLine?: (line: string) => Promise<string | undefined> | string | undefined
  /** Lets standard error through as it comes. */
  readonly showProgress?: boolean
}

/** Runs a program to its end, its arguments as a vector, never through a shell. Rejects only when it cannot be started. */
export function runProgram(argv: readonly [string, ...string[]], o: RunOptions = {}): Promise<Ended> {
  const [file, ...args] = argv
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      env: o.env ?? process.env,
      cwd: o.cwd ?? '/',
      stdio: [o.onLine ? 'pipe' : 'ignore', 'pipe', 'pipe'],
      timeout: o.timeoutMs ?? 120_000,
      killSignal: 'SIGKILL',
    })
    let stdout = ''
    let stderr = ''
    let rest = ''
    let answered = Promise.resolve()
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
      if (o.onLine === undefined) return
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        // One after the other: the answers belong to the questions by their order.
        answered = answered.then(async () => {
          const answer = await o.onLine?.(line)
          if (answer !== undefined) child.stdin?.write(`${answer}\n`)
        })
      }
    })
    // A program that ends without reading its last answer is no error of ours.
    child.stdin?.on('error', () => undefined)
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-50_000)
      if (o.showProgress) process.stderr.write(text)
    })
    child.on('error', reject)
    child.on('close', code => void answered.then(() => resolve({ code, stdout, stderr }), reject))
  })
}

/** Like {@link runProgram}, but a program that does not end with 0 is an error with its last words. */
export async function mustRun(argv: readonly [string, ...string[]], o: RunOptions = {}): Promise<string> {
  const ended = await runProgram(argv, o)
  if (ended.code !== 0)
    throw new Error(`${argv.join(' ')} ended with ${ended.code}: ${lastWords(ended.stderr || ended.stdout)}`)
  return ended.stdout
}

/** The end of a program's output. */
export const lastWords = (text: string, lines = 12): string => text.trim().split('\n').slice(-lines).join('\n')
