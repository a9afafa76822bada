import type { FileHandle } from 'node:fs/promises'
import type { VolumeFormat } from '@rookery/protocol'
import { fallocate } from '../storage/fallocate.ts'
import type { QemuImg } from '../storage/qemu-img.ts'
import { coverWhole, type Extent, type ImageBackend } from './backend.ts'

/** What the bytes of a volume's file need beside the open file. */
export interface FileBackendOptions {
  format: VolumeFormat
  /** Whether blocks that become zero are given back. */
  sparse: boolean
  /** Asked where a raw file has holes. */
  qemuImg: Pick<QemuImg, 'map'>
}

/** Below this length zeros are simply written: a process would cost more. */
const smallZero = 256 * 1024

/** The volume's own bytes. Closes the file in the end. */
export function fileBackend(file: FileHandle, options: FileBackendOptions): ImageBackend {
  let canFallocate = true
  const write = async (bytes: Buffer, offset: number): Promise<void> => {
    for (let done = 0; done < bytes.length; )
      done += (await file.write(bytes, done, bytes.length - done, offset + done)).bytesWritten
  }
  const writeZeros = async (from: number, to: number): Promise<void> => {
    const zeros = Buffer.alloc(Math.min(1024 * 1024, to - from))
    for (let at = from; at < to; at += zeros.length) await write(zeros.subarray(0, Math.min(zeros.length, to - at)), at)
  }
  return {
    maxReaders: 8,
    alive: true,
    // Writers of a qcow2's own bytes make the file grow; one at a time keeps its end well defined.
    maxWriters: options.format === 'qcow2' ? 1 : 8,
    size: async () => (await file.stat()).size,
    async read(into, offset) {
      let length = 0
      while (length < into.length) {
        const { bytesRead } = await file.read(into, length, into.length - length, offset + length)
        if (bytesRead === 0) break
        length += bytesRead
      }
      return length
    },
    write,
    async zero(offset, length) {
      const end = offset + length
      const { size } = await file.stat()
      if (end > size) await file.truncate(end)
      // Behind the old end the file now reads as zeros by itself.
      const inside = Math.min(end, size)
      if (offset >= inside) return
      if (canFallocate && inside - offset >= smallZero) {
        canFallocate = await fallocate(file, options.sparse ? 'punch' : 'zero', offset, inside - offset)
        if (canFallocate) return
      }
      await writeZeros(offset, inside)
    },
    flush: () => file.sync(),
    async extents() {
      const { size } = await file.stat()
      if (options.format !== 'raw' || size === 0) return coverWhole([], size)
      // Without an answer (no qemu-img, or too fragmented for its limits) all of it counts as data: slower, never wrong.
      const map = await options.qemuImg.map(file, 'raw').catch(() => [])
      return coverWhole(
        map.map(({ start, length, zero }): Extent => ({ start, length, zero, hole: false })),
        size,
      )
    },
    close: () => file.close(),
  }
}
