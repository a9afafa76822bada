import type { FileHandle } from 'node:fs/promises'
import { invalid, MiB } from '@rookery/model'

/**
 * The header of a qcow2 image, read by ourselves before any other program looks at the file. Field offsets are those of QEMU's
 * published format description (docs/interop/qcow2). Numbers are big endian.
 */
export interface Qcow2Header {
  version: number
  virtualSize: number
  clusterBits: number
  backingFileOffset: number
  cryptMethod: number
  l1Entries: number
  l1Offset: number
  refcountTableOffset: number
  refcountTableClusters: number
  snapshots: number
  incompatibleFeatures: bigint
  refcountOrder: number
  headerLength: number
  extensions: readonly { type: number; length: number }[]
}

/** Why an image is refused; the last part of the error's code `image.refused.<why>`. */
export type Refusal =
  | 'not_qcow2'
  | 'truncated'
  | 'version'
  | 'backing_file'
  | 'data_file'
  | 'features'
  | 'corrupt'
  | 'unclean'
  | 'cluster_size'
  | 'encrypted'
  | 'snapshots'
  | 'tables'
  | 'header'
  | 'too_large'

/** The error that says why an image is refused. */
export const refused = (why: Refusal, sentence: string) => invalid(`image.refused.${why}`, sentence)

const magic = 0x514649fb
const extensionDataFile = 0x44415441
const extensionEncryption = 0x0537be77
const headerBytes = 64 * 1024

const bits = { dirty: 1n, corrupt: 2n, dataFile: 4n, compressionType: 8n, extendedL2: 16n }
const knownIncompatible = bits.dirty | bits.corrupt | bits.dataFile | bits.compressionType | bits.extendedL2

/** Reads the header without judging it further than needed to read on. Throws `image.refused.*`. */
export async function readQcow2Header(file: FileHandle): Promise<Qcow2Header> {
  const buffer = Buffer.alloc(headerBytes)
  let length = 0
  while (length < buffer.length) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length, length)
    if (bytesRead === 0) break
    length += bytesRead
  }
  return parseQcow2Header(buffer.subarray(0, length))
}

/** Parses the first bytes of a qcow2 file (64 KiB are enough, fewer if the file is shorter). Throws `image.refused.*`. */
export function parseQcow2Header(head: Buffer): Qcow2Header {
  if (head.length < 4 || head.readUInt32BE(0) !== magic)
    throw refused('not_qcow2', 'The image was announced as qcow2, but it does not begin like one.')
  if (head.length < 72) throw refused('truncated', 'The qcow2 image ends within its header.')
  const version = head.readUInt32BE(4)
  if (version !== 2 && version !== 3)
    throw refused('version', `The qcow2 image is of version ${version}; versions 2 and 3 are known.`)
  if (version === 3 && head.length < 104) throw refused('truncated', 'The qcow2 image ends within its header.')
  const headerLength = version === 2 ? 72 : head.readUInt32BE(100)
  if (version === 3 && (headerLength < 104 || headerLength % 8 !== 0 || headerLength > 4096))
    throw refused('header', `The qcow2 header says that it is ${headerLength} bytes long, which it cannot be.`)
  return {
    version,
    backingFileOffset: number(head.readBigUInt64BE(8), 'backing file offset'),
    clusterBits: head.readUInt32BE(20),
    virtualSize: number(head.readBigUInt64BE(24), 'virtual size'),
    cryptMethod: head.readUInt32BE(32),
    l1Entries: head.readUInt32BE(36),
    l1Offset: number(head.readBigUInt64BE(40), 'L1 table offset'),
    refcountTableOffset: number(head.readBigUInt64BE(48), 'refcount table offset'),
    refcountTableClusters: head.readUInt32BE(56),
    snapshots: head.readUInt32BE(60),
    incompatibleFeatures: version === 2 ? 0n : head.readBigUInt64BE(72),
    refcountOrder: version === 2 ? 4 : head.readUInt32BE(96),
    headerLength,
    extensions: readExtensions(head, headerLength),
  }
}

function number(value: bigint, what: string): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw refused('header', `The qcow2 header holds an impossible ${what}.`)
  return Number(value)
}

function readExtensions(head: Buffer, from: number): { type: number; length: number }[] {
  const found: { type: number; length: number }[] = []
  let at = from
  while (at + 8 <= head.length) {
    const type = head.readUInt32BE(at)
    const length = head.readUInt32BE(at + 4)
    if (type === 0) return found
    if (found.length === 64 || at + 8 + length > head.length)
      throw refused('header', 'The qcow2 header has extensions that do not end.')
    found.push({ type, length })
    at += 8 + Math.ceil(length / 8) * 8
  }
  return found
}

/** The limits of this judgement are QEMU's own: a table beyond them would not open anyway, but could take much memory first. */
const limits = { l1Bytes: 32 * MiB, refcountBytes: 8 * MiB }

/**
 * Refuses a qcow2 that could reach beyond its own file or cost more than an honest one: backing file, external data file, unknown
 * features, encryption, internal snapshots, absurd or misplaced tables, more virtual bytes than allowed.
 * @param fileSize bytes of the file; @param capacity most bytes that a guest may see
 */
export function judgeQcow2(header: Qcow2Header, fileSize: number, capacity: number): void {
  const { incompatibleFeatures: features, extensions } = header
  if (header.backingFileOffset !== 0)
    throw refused('backing_file', 'The qcow2 image names a backing file. Flatten it first: qemu-img convert -O qcow2.')
  if (features & bits.dataFile || extensions.some(e => e.type === extensionDataFile))
    throw refused('data_file', 'The qcow2 image keeps its data in another file. Flatten it: qemu-img convert -O qcow2.')
  if (features & ~knownIncompatible)
    throw refused('features', `The qcow2 image needs features that are unknown here (0x${features.toString(16)}).`)
  if (features & bits.corrupt)
    throw refused('corrupt', 'The qcow2 image is marked as corrupt. Repair it first: qemu-img check -r all.')
  if (features & bits.dirty)
    throw refused('unclean', 'The qcow2 image was not closed cleanly. Repair it first: qemu-img check -r all.')
  if (header.cryptMethod !== 0 || extensions.some(e => e.type === extensionEncryption))
    throw refused('encrypted', 'The qcow2 image is encrypted, which is not offered for uploads.')
  if (header.snapshots !== 0)
    throw refused('snapshots', 'The qcow2 image holds internal snapshots. Remove them: qemu-img convert -O qcow2.')
  if (header.clusterBits < 9 || header.clusterBits > 21)
    throw refused('cluster_size', `The qcow2 image has clusters of 2^${header.clusterBits} bytes; 2^9 to 2^21 exist.`)
  if (header.refcountOrder > 6) throw refused('tables', 'The qcow2 image counts references with impossible widths.')
  if (header.virtualSize > capacity)
    throw refused(
      'too_large',
      `The qcow2 image shows a guest ${header.virtualSize} bytes, but the disk has ${capacity}. Make the disk larger.`,
    )
  judgeTables(header, fileSize)
}

function judgeTables(header: Qcow2Header, fileSize: number): void {
  const cluster = 2 ** header.clusterBits
  // An entry of the L1 table stands for one L2 table, which fills a cluster with entries of 8 bytes (16 with extended L2).
  const entryBytes = header.incompatibleFeatures & bits.extendedL2 ? 16 : 8
  const needed = Math.ceil(header.virtualSize / (cluster * (cluster / entryBytes)))
  if (header.l1Entries * 8 > limits.l1Bytes || header.l1Entries < needed)
    throw refused('tables', `The qcow2 image has an L1 table of ${header.l1Entries} entries; its size needs ${needed}.`)
  if (header.refcountTableClusters === 0 || header.refcountTableClusters * cluster > limits.refcountBytes)
    throw refused('tables', `The qcow2 image has a refcount table of ${header.refcountTableClusters} clusters.`)
  const inside = (offset: number, bytes: number, name: string) => {
    if (offset % cluster !== 0 || offset === 0 || offset + bytes > Math.ceil(fileSize / cluster) * cluster)
      throw refused('truncated', `The qcow2 image is cut short or broken: its ${name} does not lie inside the file.`)
  }
  if (header.l1Entries > 0) inside(header.l1Offset, header.l1Entries * 8, 'L1 table')
  inside(header.refcountTableOffset, header.refcountTableClusters * cluster, 'refcount table')
}
