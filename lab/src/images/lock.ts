import { spawn } from 'node:child_process'
import { unavailable } from '@rookery/model'
import type { Progress } from './progress.ts'
import { toolEnvironment } from './run.ts'

/**
 * Runs `work` while holding the file's lock, so that two builds into one folder follow each other. The lock is the
 * kernel's: it is held by a `cat` under util-linux's `flock`, whose input is this process, and so ends with this process
 * however it dies. Waits as long as it takes, and says so.
 */
export async function withLock<T>(
  file: string,
  o: { progress: Progress; signal?: AbortSignal },
  work: () => Promise<T>,
): Promise<T> {
  const holder = spawn('flock', [file, 'cat'], { env: toolEnvironment(), stdio: ['pipe', 'pipe', 'ignore'] })
  holder.stdin.on('error', () => undefined)
  const ended = new Promise<void>(resolve => {
    holder.once('close', () => resolve())
    holder.once('error', () => resolve())
  })
  const notice = setTimeout(() => o.progress('another build is running here; waiting for it'), 500)
  const abort = (): void => void holder.kill('SIGKILL')
  o.signal?.addEventListener('abort', abort, { once: true })
  try {
    o.signal?.throwIfAborted()
    // `cat` starts once the lock is held, and then gives this byte back.
    const held = new Promise<boolean>(resolve => {
      holder.stdout.once('data', () => resolve(true))
      void ended.then(() => resolve(false))
    })
    holder.stdin.write('.')
    const got = await held
    o.signal?.throwIfAborted()
    if (!got)
      throw unavailable('lab.images.lock', `${file} could not be locked; see that \`flock\` works on this folder`)
    clearTimeout(notice)
    return await work()
  } finally {
    clearTimeout(notice)
    o.signal?.removeEventListener('abort', abort)
    holder.stdin.end()
    await ended
  }
}
