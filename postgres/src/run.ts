import { spawn } from 'node:child_process'

/** The system user a server runs as. PostgreSQL refuses to run as root. */
export interface Account {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

/** What a finished program said. `code` is null when a signal ended it. */
export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/**
 * The words that put `argv` under another user, with no other groups and no way up again. `dieWithParent` names the
 * signal that the kernel sends the program when the process that started it is gone, however it went.
 */
export function asAccount(argv: readonly string[], account?: Account, dieWithParent?: string): string[] {
  const options: string[] = []
  if (account) options.push(`--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups', '--no-new-privs')
  if (dieWithParent) options.push(`--pdeathsig=${dieWithParent}`)
  return options.length ? ['/usr/bin/setpriv', ...options, '--', ...argv] : [...argv]
}

/** A small fixed environment: nothing of the caller's (its PG* variables, its secrets) reaches the server. */
export const plainEnv = { PATH: '/usr/bin:/bin', LANG: 'C', LC_ALL: 'C', TZ: 'UTC' } as const

/** Runs a program to its end, at most `timeout` milliseconds, and keeps what it printed. */
export function run(argv: readonly string[], o: { timeout?: number; cwd?: string } = {}): Promise<Finished> {
  const [file, ...args] = argv
  if (file === undefined) throw new TypeError('run: no program given')
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      env: plainEnv,
      cwd: o.cwd ?? '/',
      timeout: o.timeout ?? 120_000,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (s: string) => (stdout += s))
    child.stderr.setEncoding('utf8').on('data', (s: string) => (stderr += s))
    child.on('error', reject)
    child.on('close', code => resolve({ code, stdout, stderr }))
  })
}
