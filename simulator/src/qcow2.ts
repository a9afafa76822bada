import { invalid } from '@rookery/model'

/**
 * The little of qcow2 that a pretended host needs: an empty image to download, and the judgement of an uploaded header.
 * Layout after QEMU's docs/interop/qcow2.txt; every number is big-endian.
 */
const clusterBytes = 64 * 1024
const magic = 0x514649fb
const externalDataFile = 4n

/** An image of this virtual size (bytes) in which nothing is written: header, refcount table, one refcount block, L1 table. */
export function emptyQcow2(capacity: number): Buffer {
  // Each L1 entry covers the 8192 clusters that one L2 table can name.
  const l1Entries = Math.max(1, Math.ceil(capacity / (clusterBytes * 8192)))
  const l1Clusters = Math.ceil((l1Entries * 8) / clusterBytes)
  const image = Buffer.alloc((3 + l1Clusters) * clusterBytes)
  image.writeUInt32BE(magic, 0)
  image.writeUInt32BE(3, 4)
  image.writeUInt32BE(16, 20) // cluster bits
  image.writeBigUInt64BE(BigInt(capacity), 24)
  image.writeUInt32BE(l1Entries, 36)
  image.writeBigUInt64BE(BigInt(3 * clusterBytes), 40) // L1 table
  image.writeBigUInt64BE(BigInt(clusterBytes), 48) // refcount table
  image.writeUInt32BE(1, 56) // its clusters
  image.writeUInt32BE(4, 96) // refcounts of 16 bits
  image.writeUInt32BE(104, 100) // header length
  image.writeBigUInt64BE(BigInt(2 * clusterBytes), clusterBytes)
  for (let cluster = 0; cluster < 3 + l1Clusters; cluster++) image.writeUInt16BE(1, 2 * clusterBytes + 2 * cluster)
  return image
}

const refuse = (why: string, sentence: string) => invalid(`image.refused.${why}`, sentence)

/**
 * Judges the first bytes (at least 104) of what should be a qcow2 image of at most this capacity (bytes).
 *
 * @returns the virtual size
 * @throws `invalid` `image.refused.<format|backing_file|data_file|snapshots|encrypted|tables|too_large>`
 */
export function judgeQcow2(head: Buffer, capacity: number): number {
  if (head.length < 72 || head.readUInt32BE(0) !== magic) throw refuse('format', 'The bytes are no qcow2 image.')
  const version = head.readUInt32BE(4)
  if (version !== 2 && version !== 3) throw refuse('format', `qcow2 version ${version} is not known.`)
  if (head.readBigUInt64BE(8) !== 0n) throw refuse('backing_file', 'The image names a backing file.')
  if (version === 3 && (head.readBigUInt64BE(72) & externalDataFile) !== 0n)
    throw refuse('data_file', 'The image keeps its data in another file.')
  if (head.readUInt32BE(32) !== 0) throw refuse('encrypted', 'The image is encrypted.')
  if (head.readUInt32BE(60) !== 0) throw refuse('snapshots', 'The image has internal snapshots.')
  const bits = head.readUInt32BE(20)
  if (bits < 9 || bits > 21) throw refuse('tables', 'The image has clusters of an impossible size.')
  if (head.readUInt32BE(36) * 8 > 32 * 1024 * 1024) throw refuse('tables', 'The image has an absurdly large table.')
  const size = head.readBigUInt64BE(24)
  if (size > BigInt(capacity)) throw refuse('too_large', `The image is ${size} bytes large, the disk ${capacity}.`)
  return Number(size)
}
