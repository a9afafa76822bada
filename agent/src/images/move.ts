import type { IncomingMessage, ServerResponse } from 'node:http'
import { HttpError } from './http-error.ts'

/**
 * Bytes between a connection and an image. Both directions use two buffers for the whole of a transfer: one is on its way to or from
 * the disk while the other is on the wire. A buffer for each piece instead made the garbage collector do most of the work: 1.7 of the
 * 2.6 seconds of CPU that half a gigabyte took.
 */
const pair = (size: number): [Buffer, Buffer] => [Buffer.allocUnsafeSlow(size), Buffer.allocUnsafeSlow(size)]

/**
 * Hands a request's body on in pieces of `size` bytes, the last one shorter; TLS brings 16 KiB at a time, too little for a write of
 * its own. One piece is being written at most; it is over, well or not, when this is.
 */
export async function receive(
  req: IncomingMessage,
  size: number,
  write: (bytes: Buffer) => Promise<void>,
): Promise<void> {
  let [filling, other] = pair(size)
  let filled = 0
  let writing: Promise<void> = Promise.resolve()
  const flush = async () => {
    await writing
    writing = write(filling.subarray(0, filled))
    writing.catch(() => {}) // whoever waits for it next is told
    ;[filling, other] = [other, filling]
    filled = 0
  }
  try {
    for await (const chunk of req as AsyncIterable<Buffer>) {
      for (let taken = 0; taken < chunk.length; ) {
        const bytes = chunk.copy(filling, filled, taken)
        filled += bytes
        taken += bytes
        if (filled === size) await flush()
      }
    }
    if (filled > 0) await flush()
  } finally {
    // Even when the client has gone: nothing may be written after the request is over.
    await writing
  }
}

/**
 * Sends `length` bytes in pieces of at most `size`, reading the next while the connection takes the last. `sent` hears how many bytes
 * the connection has taken so far.
 */
export async function send(
  res: ServerResponse,
  size: number,
  length: number,
  read: (into: Buffer, at: number) => Promise<number>,
  sent: (bytes: number) => void,
): Promise<void> {
  let [reading, other] = pair(Math.min(size, length))
  let writing: Promise<void> = Promise.resolve()
  try {
    for (let at = 0; at < length; ) {
      const bytes = await read(reading.subarray(0, Math.min(size, length - at)), at)
      await writing
      at += bytes
      const end = at
      writing = writeOut(res, reading.subarray(0, bytes)).then(() => sent(end))
      writing.catch(() => {}) // whoever waits for it next is told
      ;[reading, other] = [other, reading]
    }
  } finally {
    await writing
  }
}

/** Writes and waits until the connection has taken it, so that a slow client slows the reading. */
function writeOut(res: ServerResponse, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    if (res.destroyed) {
      reject(new HttpError(400, 'The client has gone'))
      return
    }
    const gone = () => reject(new HttpError(400, 'The client has gone'))
    res.once('close', gone)
    res.write(bytes, error => {
      res.off('close', gone)
      if (error) gone()
      else resolve()
    })
  })
}
