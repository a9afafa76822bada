import { spawn } from 'node:child_process'
import { plainEnv } from './exec.ts'

/** The exit code by which `flock` says that somebody else holds the lock. */
export const LOCK_TAKEN = 75

/**
 * The words that run `argv` while it holds a lock on `file`. The kernel keeps the lock (no process id to go stale) and lets go when the
 * program ends, however it ends; Node does not pass the descriptor on to its own children.
 */
export const underLock = (file: string, argv: readonly string[], o: { wait?: boolean } = {}): string[] => [
  '/usr/bin/flock',
  '--no-fork',
  ...(o.wait === true ? [] : ['--nonblock']),
  `--conflict-exit-code=${LOCK_TAKEN}`,
  file,
  ...argv,
]

/**
 * Takes the lock on `file` for this process, or answers undefined when another holds it; with `wait` it comes when the other lets go. A small child holds it for us
 * (Node has no flock of its own) and ends when its standard input does, so also when we are killed. What is answered lets go; who is
 * about to have the same lock taken waits for its promise.
 */
export function takeLock(file: string, o: { wait?: boolean } = {}): Promise<(() => Promise<void>) | undefined> {
  const [program, ...args] = underLock(file, ['/bin/sh', '-c', 'echo held; exec cat >/dev/null'], o)
  return new Promise((resolve, reject) => {
    const child = spawn(program as string, args, { env: plainEnv, stdio: ['pipe', 'pipe', 'pipe'] })
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (s: string) => (said += s))
    child.on('error', reject)
    child.on('close', code => {
      if (code === LOCK_TAKEN) resolve(undefined)
      else reject(new Error(`The lock ${file} cannot be taken: ${said.trim()}`))
    })
    child.stdout.once('data', () => {
      child.unref()
      for (const pipe of [child.stdin, child.stdout, child.stderr]) (pipe as unknown as { unref(): void }).unref()
      resolve(() => {
        child.ref()
        child.stdin.end()
        return new Promise(gone =>
          (child.exitCode ?? child.signalCode) === null ? child.once('exit', () => gone()) : gone(),
        )
      })
    })
  })
}
