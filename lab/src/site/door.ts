import { spawn } from 'node:child_process'
import { join } from 'node:path'

/** The one door of this checkout. */
export const door = join(import.meta.dirname, '../../../rookery')

/** What a command said, whatever its exit code. */
export interface Said {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/**
 * Runs `./rookery` with these words as a person in an empty environment would; `before` is a program that runs it, as `setpriv` does
 * for another user. The output counts as ended with the command: what it left running holds no pipe of it.
 */
export function rookery(
  words: readonly string[],
  o: { env?: Record<string, string>; before?: readonly string[]; timeoutMs?: number } = {},
): Promise<Said> {
  const [program, ...args] = [...(o.before ?? []), door, ...words]
  return new Promise((resolve, reject) => {
    const child = spawn(program as string, args, {
      cwd: '/',
      env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/nonexistent', ...o.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: o.timeoutMs ?? 300_000,
    })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (s: string) => (stdout += s))
    child.stderr.setEncoding('utf8').on('data', (s: string) => (stderr += s))
    child.on('error', reject)
    child.on('close', code => resolve({ code, stdout, stderr }))
  })
}
