import { MiB } from '@rookery/model'

const indexBlocks = 62
const blockSize = 4096
const headerSize = 512
const recordSize = 64
const magic = 0x12152016

/** How many leases an index has room for. */
export const xleaseRecords = (indexBlocks * blockSize - headerSize) / recordSize
/** Bytes of an `xleases` file without leases: one unused MiB, then the index. */
export const xleasesEmptySize = MiB + indexBlocks * blockSize

/**
 * The index of an empty `xleases` file, to be written at offset 1 MiB (layout V4 and later; local domains have none).
 * Header: magic, version, lockspace, time in seconds as ten digits, flag `-`; then records without a lease.
 * @param lockspace the domain's id
 * @param seconds since 1970
 */
export function emptyXleaseIndex(lockspace: string, seconds: number): Buffer {
  const index = Buffer.alloc(indexBlocks * blockSize)
  index.writeUInt32BE(magic, 0)
  index.write('0001', 5, 'ascii')
  index.write(lockspace, 10, 48, 'ascii')
  index.write(String(Math.floor(seconds)).padStart(10, '0'), 59, 10, 'ascii')
  index.write('-', 70, 'ascii')
  index.write('\n', 511, 'ascii')
  const record = Buffer.alloc(recordSize)
  record.write('00000000000', 49, 'ascii')
  record.write('--\n', 61, 'ascii')
  for (let n = 0; n < xleaseRecords; n++) record.copy(index, headerSize + n * recordSize)
  return index
}
