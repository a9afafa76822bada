import { createHash } from 'node:crypto'
import { setImmediate as breathe } from 'node:timers/promises'
import { MiB } from '@rookery/model'
import type { ImageBackend } from './backend.ts'
import { blake2b256 } from './blake2b.ts'

/** A hash in the making, whichever library it comes from. */
interface Hasher {
  update(bytes: Uint8Array): unknown
  digest(): Buffer
}

const openssl = (name: string) => (): Hasher => {
  const hash = createHash(name)
  return { update: bytes => hash.update(bytes), digest: () => hash.digest() }
}

const hashers = {
  // Both blake2 hashes have digests of 32 bytes in this protocol.
  blake2b: blake2b256,
  blake2s: openssl('blake2s256'),
  md5: openssl('md5'),
  sha1: openssl('sha1'),
  sha224: openssl('sha224'),
  sha256: openssl('sha256'),
  sha384: openssl('sha384'),
  sha3_256: openssl('sha3-256'),
  sha3_512: openssl('sha3-512'),
  sha512: openssl('sha512'),
} satisfies Record<string, () => Hasher>

export type ChecksumAlgorithm = keyof typeof hashers
/** Every algorithm that is offered, sorted. */
export const checksumAlgorithms = Object.keys(hashers).sort() as ChecksumAlgorithm[]
/** Block sizes in bytes: multiples of `step` between the ends. */
export const checksumBlocks = { smallest: MiB, largest: 16 * MiB, standard: 4 * MiB, step: 4096 } as const

/** Bytes hashed before other requests get their turn: about a millisecond of the slowest algorithm. */
const slice = 256 * 1024

async function hashBlock(make: () => Hasher, block: Buffer): Promise<Buffer> {
  const hash = make()
  for (let at = 0; at < block.length; at += slice) {
    hash.update(block.subarray(at, at + slice))
    await breathe()
  }
  return hash.digest()
}

/**
 * The image's checksum: the hash of the hashes of its blocks, in order. A block of zeros is not read when the extents say so, and
 * never hashed twice; the result is the same as if it had been.
 * @param onBlock called after each block; may throw to stop
 * @returns hex
 */
export async function imageChecksum(
  backend: ImageBackend,
  algorithm: ChecksumAlgorithm,
  blockSize: number,
  onBlock: () => void,
): Promise<string> {
  const make: () => Hasher = hashers[algorithm]
  const outer = make()
  const zeros = new Map<number, Buffer>()
  const zeroDigest = async (length: number): Promise<Buffer> => {
    const known = zeros.get(length) ?? (await hashBlock(make, Buffer.alloc(length)))
    zeros.set(length, known)
    return known
  }
  const size = await backend.size()
  const extents = (await backend.extents()).filter(extent => extent.zero)
  const buffer = Buffer.alloc(Math.min(blockSize, Math.max(size, 1)))
  let next = 0
  for (let start = 0; start < size; start += blockSize) {
    const length = Math.min(blockSize, size - start)
    while (next < extents.length && endOf(extents[next]) < start + length) next++
    const extent = extents[next]
    if (extent !== undefined && extent.start <= start) outer.update(await zeroDigest(length))
    else {
      const block = buffer.subarray(0, length)
      if ((await backend.read(block, start)) < length) throw new Error('the image became shorter while it was read')
      const empty = block[0] === 0 && block.equals(Buffer.alloc(length))
      outer.update(empty ? await zeroDigest(length) : await hashBlock(make, block))
    }
    onBlock()
  }
  return outer.digest().toString('hex')
}

const endOf = (extent: { start: number; length: number } | undefined): number =>
  extent === undefined ? 0 : extent.start + extent.length
