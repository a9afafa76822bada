import { conflict, zeroUuid } from '@rookery/model'
import { formatKeyValues, parseKeyValues } from './key-values.ts'

/** What `VOL.meta` says of a volume. Sizes are bytes. */
export interface VolumeMeta {
  capacity: number
  /** Seconds since 1970. */
  createdAt: number
  /** Raw text of the field: the JSON of `description.ts` for disks. */
  description: string
  diskType: string
  domainId: string
  imageId: string
  format: 'RAW' | 'COW'
  /** 0 to 999, one more after each finished operation. */
  generation: number
  /** The volume's place in its chain, from 1; 0 when the file does not say. */
  sequence: number
  legality: 'LEGAL' | 'ILLEGAL' | 'FAKE'
  parentId: string
  allocation: 'SPARSE' | 'PREALLOCATED'
  volumeType: 'LEAF' | 'INTERNAL' | 'SHARED'
  /** Keys of other versions, kept as they are. */
  others: Readonly<Record<string, string>>
}

/** A `.meta` file is no longer than this many bytes: on block storage it is one sector. */
export const metaLimit = 512

/** The bytes of `VOL.meta`: keys sorted, closing line `EOF`. Throws RangeError when they exceed 512. */
export function encodeVolumeMeta(meta: VolumeMeta): Buffer {
  const lines = formatKeyValues({
    ...meta.others,
    CAP: String(meta.capacity),
    CTIME: String(meta.createdAt),
    DESCRIPTION: meta.description,
    DISKTYPE: meta.diskType,
    DOMAIN: meta.domainId,
    FORMAT: meta.format,
    GEN: String(meta.generation),
    IMAGE: meta.imageId,
    LEGALITY: meta.legality,
    PUUID: meta.parentId,
    SEQ: String(meta.sequence),
    TYPE: meta.allocation,
    VOLTYPE: meta.volumeType,
  })
  const bytes = Buffer.from(`${lines.join('\n')}\nEOF\n`, 'utf8')
  if (bytes.length > metaLimit) throw new RangeError(`volume metadata of ${bytes.length} bytes exceeds ${metaLimit}`)
  return bytes
}

const known = new Set(
  'CAP CTIME DESCRIPTION DISKTYPE DOMAIN FORMAT GEN IMAGE LEGALITY PUUID SEQ TYPE VOLTYPE SIZE MTIME'.split(' '),
)

/**
 * Reads `VOL.meta`, also those of versions before V5 (`SIZE` in blocks of 512 bytes).
 * @throws RookeryError `conflict` `volume.metadata_broken` naming the first field that cannot be
 */
export function decodeVolumeMeta(bytes: Buffer, where: string): VolumeMeta {
  const values = parseKeyValues(bytes.toString('utf8'))
  const broken = (key: string) =>
    conflict('volume.metadata_broken', `${where}: ${key} is "${values[key] ?? ''}", which no volume can have.`, {
      detail: { where, key },
    })
  const count = (key: string, fallback?: number): number => {
    const text = values[key] ?? (fallback === undefined ? '' : String(fallback))
    const number = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
    if (!Number.isSafeInteger(number)) throw broken(key)
    return number
  }
  const oneOf = <T extends string>(key: string, allowed: readonly T[]): T => {
    const found = allowed.find(word => word === values[key])
    if (found === undefined) throw broken(key)
    return found
  }
  return {
    capacity: values.CAP === undefined ? count('SIZE') * 512 : count('CAP'),
    createdAt: count('CTIME', 0),
    description: values.DESCRIPTION ?? '',
    diskType: values.DISKTYPE ?? 'DATA',
    domainId: (values.DOMAIN ?? '').toLowerCase(),
    imageId: (values.IMAGE ?? '').toLowerCase(),
    format: oneOf('FORMAT', ['RAW', 'COW']),
    generation: count('GEN', 0),
    sequence: count('SEQ', 0),
    legality: oneOf('LEGALITY', ['LEGAL', 'ILLEGAL', 'FAKE']),
    parentId: (values.PUUID ?? zeroUuid).toLowerCase(),
    allocation: oneOf('TYPE', ['SPARSE', 'PREALLOCATED']),
    volumeType: oneOf('VOLTYPE', ['LEAF', 'INTERNAL', 'SHARED']),
    others: Object.fromEntries(Object.entries(values).filter(([key]) => !known.has(key))),
  }
}

/** The generation after one more finished operation: 999 is followed by 0. */
export const nextGeneration = (generation: number): number => (generation + 1) % 1000
