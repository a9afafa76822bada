/** What a file holds, told by its bytes: how a disk for it is made and how it is sent. */
export interface ImageKind {
  kind: 'qcow2' | 'iso' | 'raw'
  /** Bytes that the guest sees. */
  capacity: number
  /** Of the disk. */
  format: 'qcow2' | 'raw'
  contentType: 'data' | 'iso'
  /** What travels: a qcow2's own bytes, or those that the guest sees. */
  transferFormat: 'cow' | 'raw'
}

/** Why a file is no image that can be taken. */
export type NotAnImage =
  | { refused: 'empty' | 'too_large' | 'backing_file' | 'data_file' | 'encrypted' | 'broken_qcow2' | 'unreadable' }
  /** Something known that must be unpacked or converted first. */
  | { refused: 'foreign'; what: string }

/** Sector size of guests: a disk is whole sectors. */
const sector = 512
/** The largest disk there is, 500 TiB. */
const largest = 500 * 1024 ** 4
/** Where an ISO 9660 file system says its name. */
const isoAt = 32_769

const is = (bytes: DataView, at: number, text: string): boolean =>
  bytes.byteLength >= at + text.length && [...text].every((char, i) => bytes.getUint8(at + i) === char.charCodeAt(0))

/** Formats that people try to upload, by their first bytes, with what opens them. */
const foreign: readonly [at: number, magic: string, what: string][] = [
  [0, 'KDMV', 'VMDK'],
  [0, '# Disk DescriptorFile', 'VMDK'],
  [0x40, '\u007f\u0010\u00da\u00be', 'VDI'],
  [0, 'vhdxfile', 'VHDX'],
  [0, 'conectix', 'VHD'],
  [0, '\u001f\u008b', 'gzip'],
  [0, '\u00fd7zXZ', 'xz'],
  [0, 'BZh', 'bzip2'],
  [0, '(\u00b5/\u00fd', 'zstd'],
  [0, 'PK\u0003\u0004', 'zip'],
  [0, '7z\u00bc\u00af', '7z'],
  [257, 'ustar', 'tar'],
  [0, 'QED\u0000', 'QED'],
]

/** Says what the bytes at the beginning of a file of `size` bytes are. Pure. */
export function recogniseBytes(head: DataView, size: number): ImageKind | NotAnImage {
  if (size === 0) return { refused: 'empty' }
  if (is(head, 0, 'QFI\u00fb')) return qcow2(head)
  if (is(head, isoAt, 'CD001')) return whole('iso', size)
  const known = foreign.find(([at, magic]) => is(head, at, magic))
  if (known !== undefined) return { refused: 'foreign', what: known[2] }
  return whole('raw', size)
}

function whole(kind: 'iso' | 'raw', size: number): ImageKind | NotAnImage {
  const capacity = Math.ceil(size / sector) * sector
  if (capacity > largest) return { refused: 'too_large' }
  return { kind, capacity, format: 'raw', contentType: kind === 'iso' ? 'iso' : 'data', transferFormat: 'raw' }
}

/** Reads a qcow2 header. What points at other files is refused here, as the host would after the upload. */
function qcow2(head: DataView): ImageKind | NotAnImage {
  if (head.byteLength < 72) return { refused: 'broken_qcow2' }
  const version = head.getUint32(4)
  if (version !== 2 && version !== 3) return { refused: 'broken_qcow2' }
  if (head.getBigUint64(8) !== 0n) return { refused: 'backing_file' }
  if (head.getUint32(32) !== 0) return { refused: 'encrypted' }
  if (version === 3 && head.byteLength >= 80 && (head.getBigUint64(72) & 4n) !== 0n) return { refused: 'data_file' }
  const capacity = head.getBigUint64(24)
  if (capacity === 0n) return { refused: 'broken_qcow2' }
  if (capacity > BigInt(largest)) return { refused: 'too_large' }
  return {
    kind: 'qcow2',
    capacity: Number(capacity),
    format: 'qcow2',
    contentType: 'data',
    transferFormat: 'cow',
  }
}

/** Looks into a file that somebody chose. */
export async function recognise(file: Blob): Promise<ImageKind | NotAnImage> {
  try {
    return recogniseBytes(new DataView(await file.slice(0, isoAt + 5).arrayBuffer()), file.size)
  } catch {
    // The browser cannot read it any more: it was moved, changed, or is a folder.
    return { refused: 'unreadable' }
  }
}

/** A name for the disk from the name of the file: without the ending, and nothing that a name may not hold. */
export const aliasOf = (fileName: string): string => {
  const bare = fileName.replace(/\.(qcow2?|img|raw|iso|bin)$/i, '').replaceAll(/\p{Cc}/gu, ' ')
  return bare.trim().slice(0, 255) || 'image'
}
