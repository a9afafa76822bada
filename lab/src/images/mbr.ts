/** A primary partition, in sectors of 512 bytes. */
export interface Partition {
  /** The type byte: 0xef EFI system, 0x83 Linux. */
  type: number
  bootable: boolean
  start: number
  sectors: number
}

/** Bytes in a sector. */
export const sectorBytes = 512

/**
 * A master boot record: up to 440 bytes of boot code, and four 16-byte entries from byte 446 on: active flag, start as
 * cylinder/head/sector, type, end, then start and length as little-endian sector numbers. The old addresses are filled with
 * their largest value, which says "use the sector numbers".
 */
export function masterBootRecord(code: Buffer, partitions: readonly Partition[]): Buffer {
  const record = Buffer.alloc(sectorBytes)
  code.copy(record, 0, 0, 440)
  partitions.slice(0, 4).forEach((partition, index) => {
    const at = 446 + 16 * index
    record.writeUInt8(partition.bootable ? 0x80 : 0, at)
    record.fill(Buffer.from([0xfe, 0xff, 0xff]), at + 1, at + 4)
    record.writeUInt8(partition.type, at + 4)
    record.fill(Buffer.from([0xfe, 0xff, 0xff]), at + 5, at + 8)
    record.writeUInt32LE(partition.start, at + 8)
    record.writeUInt32LE(partition.sectors, at + 12)
  })
  record.writeUInt16LE(0xaa55, 510)
  return record
}
