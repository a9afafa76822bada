import { type SpawnOptions, spawn } from 'node:child_process'
import { Fault } from '../fault.ts'

/** What a finished program said. `code` is null when a signal ended it. */
export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** The environment of programs we start: nothing of the caller's but what is named here. */
export const plainEnv: NodeJS.ProcessEnv = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LANG: 'C.UTF-8',
  LC_ALL: 'C.UTF-8',
}

/** Runs a program to its end, at most `timeout` milliseconds (default one minute). Never through a shell. */
export function exec(
  argv: readonly [string, ...string[]],
  o: { timeout?: number; env?: NodeJS.ProcessEnv; cwd?: string; input?: string; onLine?: (line: string) => void } = {},
): Promise<Finished> {
  const [file, ...args] = argv
  const options: SpawnOptions = {
    env: o.env ?? plainEnv,
    cwd: o.cwd ?? '/',
    timeout: o.timeout ?? 60_000,
    stdio: [o.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  }
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, options)
    let stdout = ''
    let stderr = ''
    let rest = ''
    child.stdin?.on('error', () => undefined) // it ended without reading: how it ended says the rest
    child.stdin?.end(o.input)
    child.stdout?.setEncoding('utf8').on('data', (s: string) => {
      stdout += s
      if (!o.onLine) return
      const lines = (rest + s).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) o.onLine(line)
    })
    child.stderr?.setEncoding('utf8').on('data', (s: string) => (stderr += s))
    child.on('error', reject)
    child.on('close', code => resolve({ code, stdout, stderr }))
  })
}

/** Like {@link exec}, and a Fault with the program's own words unless it ends with 0. */
export async function must(argv: readonly [string, ...string[]], o: Parameters<typeof exec>[1] = {}): Promise<string> {
  const { code, stdout, stderr } = await exec(argv, o)
  if (code !== 0)
    throw new Fault(
      'failed',
      `${argv[0]} failed: ${(stderr || stdout).trim().slice(-1_000)}`,
      `The command was: ${argv.join(' ')}`,
    )
  return stdout
}
