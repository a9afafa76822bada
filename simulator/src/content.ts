import {
  closeSync,
  constants,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { unavailable } from '@rookery/model'

/** The bytes of one volume. What was never written is zero and takes no room. Offsets and lengths in bytes. */
export interface Content {
  /** End of what was written or set. */
  readonly size: number
  /** Bytes that are really held. */
  readonly allocated: number
  read(offset: number, length: number): Buffer
  write(offset: number, bytes: Uint8Array): void
  zero(offset: number, length: number): void
  flush(): void
  remove(): void
}

const chunkBytes = 64 * 1024

/** How much all volumes of a simulator may hold together. */
export interface Budget {
  left: number
}

/** Bytes in memory, in pieces of 64 KiB; pieces of zeros are not kept. */
export function memoryContent(budget: Budget): Content {
  const chunks = new Map<number, Buffer>()
  let size = 0
  const drop = (index: number) => {
    if (chunks.delete(index)) budget.left += chunkBytes
  }
  /** The pieces of a range: index of the piece, where in it, and how far into the range. */
  function* pieces(offset: number, length: number) {
    for (let done = 0; done < length; ) {
      const index = Math.floor((offset + done) / chunkBytes)
      const from = (offset + done) % chunkBytes
      const count = Math.min(chunkBytes - from, length - done)
      yield { index, from, count, done }
      done += count
    }
  }
  return {
    get size() {
      return size
    },
    get allocated() {
      return chunks.size * chunkBytes
    },
    read(offset, length) {
      const out = Buffer.alloc(length)
      for (const { index, from, count, done } of pieces(offset, length))
        chunks.get(index)?.copy(out, done, from, from + count)
      return out
    },
    write(offset, bytes) {
      const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      for (const { index, from, count, done } of pieces(offset, bytes.byteLength)) {
        const piece = source.subarray(done, done + count)
        let chunk = chunks.get(index)
        if (chunk === undefined) {
          if (piece.every(b => b === 0)) continue
          if (budget.left < chunkBytes)
            throw unavailable('storage.no_space', 'No space left: the simulator keeps no more image data.')
          budget.left -= chunkBytes
          chunk = Buffer.alloc(chunkBytes)
          chunks.set(index, chunk)
        }
        piece.copy(chunk, from)
      }
      size = Math.max(size, offset + bytes.byteLength)
    },
    zero(offset, length) {
      for (const { index, from, count } of pieces(offset, length)) {
        if (count === chunkBytes) drop(index)
        else chunks.get(index)?.fill(0, from, from + count)
      }
      size = Math.max(size, offset + length)
    },
    flush() {},
    remove() {
      for (const index of [...chunks.keys()]) drop(index)
      size = 0
    },
  }
}

/** Bytes in a sparse file, which outlives the process. Opened for each use: a fleet has more volumes than descriptors. */
export function fileContent(path: string): Content {
  const using = <T>(work: (fd: number) => T): T => {
    const fd = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600)
    try {
      return work(fd)
    } finally {
      closeSync(fd)
    }
  }
  return {
    get size() {
      return using(fd => fstatSync(fd).size)
    },
    get allocated() {
      return using(fd => fstatSync(fd).blocks * 512)
    },
    read: (offset, length) =>
      using(fd => {
        const out = Buffer.alloc(length)
        for (let done = 0; done < length; ) {
          const count = readSync(fd, out, done, length - done, offset + done)
          if (count === 0) break
          done += count
        }
        return out
      }),
    write: (offset, bytes) =>
      using(fd => {
        for (let done = 0; done < bytes.byteLength; )
          done += writeSync(fd, bytes, done, bytes.byteLength - done, offset + done)
      }),
    zero: (offset, length) =>
      using(fd => {
        const size = fstatSync(fd).size
        const zeros = Buffer.alloc(chunkBytes)
        const end = Math.min(size, offset + length)
        for (let at = offset; at < end; at += zeros.length)
          writeSync(fd, zeros, 0, Math.min(zeros.length, end - at), at)
        if (offset + length > size) ftruncateSync(fd, offset + length)
      }),
    flush: () => using(fd => fdatasyncSync(fd)),
    remove: () => rmSync(path, { force: true }),
  }
}
