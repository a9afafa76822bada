import type { ImageBackend } from './backend.ts'

/** Bytes after which an upload begins to bring to disk what it has written. */
const flushEvery = 64 * 1024 * 1024

/**
 * Brings written bytes to disk while more of them arrive. The kernel alone would let gigabytes wait in memory until the last flush,
 * and the client with them. An error of any flush is the request's error: the kernel tells of it only
 * once. `wrote` hears how many bytes were written so far, `end` resolves when all of them are on disk.
 */
export function flushBehind(
  image: Pick<ImageBackend, 'flush'>,
  every = flushEvery,
): { wrote(done: number): void; end(): Promise<void> } {
  let flushed = 0
  let flushing: Promise<void> | undefined
  let failed: unknown
  return {
    wrote(done) {
      if (flushing !== undefined || done - flushed < every) return
      flushed = done
      flushing = image.flush().then(
        () => {
          flushing = undefined
        },
        (error: unknown) => {
          failed = error
        },
      )
    },
    async end() {
      await flushing
      if (failed !== undefined) throw failed
      await image.flush()
    },
  }
}
