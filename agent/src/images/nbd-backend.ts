import type { FileHandle } from 'node:fs/promises'
import type { VolumeFormat } from '@rookery/protocol'
import { coverWhole, type Extent, type ImageBackend } from './backend.ts'
import type { BlockStatus } from './nbd-client.ts'
import { nbd } from './nbd-wire.ts'
import type { NbdServer } from './qemu-nbd.ts'

/** Most bytes in one question about extents; the protocol's lengths have 32 bits. */
const longestQuestion = 2 ** 30

/** What a guest would see of the volume, through `qemu-nbd`. Ends the server and closes the file in the end. */
export function nbdBackend(server: NbdServer, file: FileHandle, format: VolumeFormat): ImageBackend {
  const { client } = server
  return {
    get alive() {
      return client.alive
    },
    maxReaders: 8,
    maxWriters: 8,
    size: async () => client.size,
    async read(into, offset) {
      const there = into.subarray(0, Math.max(0, Math.min(into.length, client.size - offset)))
      await client.read(there, offset)
      return there.length
    },
    write: (bytes, offset) => client.write(bytes, offset),
    zero: (offset, length) => client.writeZeroes(offset, length),
    flush: () => client.flush(),
    async extents() {
      const found: Extent[] = []
      for (let at = 0; at < client.size; ) {
        const status = await client.blockStatus(at, Math.min(longestQuestion, client.size - at))
        const parts = mergeStatus(status)
        if (parts.length === 0) break
        for (const { length, zero, hole } of parts) {
          found.push({ start: at, length, zero, hole: hole && format === 'qcow2' })
          at += length
        }
      }
      return coverWhole(found, client.size)
    },
    async close() {
      await server.stop()
      await file.close()
    },
  }
}

/** Lays the two lists over each other, as far as both go. */
function mergeStatus({ allocation, depth }: BlockStatus): { length: number; zero: boolean; hole: boolean }[] {
  const parts: { length: number; zero: boolean; hole: boolean }[] = []
  const depths = depth.map(part => ({ ...part }))
  for (const { length, value } of allocation) {
    const zero = (value & nbd.allocation.zero) !== 0
    if (depth.length === 0) parts.push({ length, zero, hole: false })
    for (let left = length; left > 0 && depths[0] !== undefined; ) {
      const first = depths[0]
      const part = Math.min(left, first.length)
      parts.push({ length: part, zero, hole: zero && first.value === 0 })
      first.length -= part
      left -= part
      if (first.length === 0) depths.shift()
    }
  }
  return parts
}
