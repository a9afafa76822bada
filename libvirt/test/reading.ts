/** Reading consoles in tests. */
import type { LibvirtStream } from '../src/index.ts'

/** Collects what a console prints. `ended` answers with what ended it: an error, or null for a good end. */
export function reading(stream: LibvirtStream): { text: () => string; ended: Promise<Error | null> } {
  const chunks: Buffer[] = []
  let fault: Error | null = null
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  stream.on('error', error => {
    fault = error
  })
  const ended = new Promise<Error | null>(resolve => {
    stream.once('close', () => resolve(fault))
  })
  return { text: () => Buffer.concat(chunks).toString('latin1'), ended }
}
