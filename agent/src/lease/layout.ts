import { crc32 } from 'node:zlib'
import { conflict, invalid } from '@rookery/model'
import type { Entry, Generation, Obituary } from './entry.ts'
import { checkTimes, defaultTimes, type LeaseTimes } from './times.ts'

/**
 * The bytes of a lease area, the same on every kind of domain. Blocks of 4 KiB, of which each sector of 512 bytes stands for itself with a
 * sum of its own, so that a torn write harms nothing; all numbers little endian. First the header, at 1 MiB the slots, behind them the
 * cells: bucket after bucket, in each one cell a slot. Where a thing lies is arithmetic; no database is needed to find it.
 */
export const sectorSize = 512
export const blockSize = 4096
const slotsAt = 1024 * 1024
const magic = 'RKLEASE1'
const sectorsInBlock = blockSize / sectorSize
/** Entries of one sector of a cell, and of a whole cell. */
export const entriesInSector = 9
export const entriesInCell = entriesInSector * sectorsInBlock
/** Obituaries of one sector, and of one host: the first sector of its block is its slot. */
export const obituariesInSector = 18
export const obituariesInBlock = obituariesInSector * (sectorsInBlock - 1)

/** What an area is, fixed when it is made. */
export interface AreaHeader {
  areaId: string
  storageDomainId: string
  slots: 256 | 512 | 1024
  buckets: number
  times: LeaseTimes
}

export type SlotState = 'joining' | 'live' | 'left'

/** The first sector of a host's block. */
export interface SlotSector {
  areaId: string
  slot: number
  hostId: string
  generation: Generation
  counter: number
  era: number
  state: SlotState
}

/** A sector of obituaries. `slot` is the dead generation's. */
export interface ObituarySector {
  counter: number
  obituaries: (Obituary & { slot: number })[]
}

/** One sector of a cell: what one generation says about up to nine resources. */
export interface CellSector {
  generation: Generation
  /** The highest epoch that this generation has seen in the bucket. */
  highest: number
  counter: number
  /** `since`: when it was taken, seconds since 1970 by that host's clock; for people, nothing is decided by it. */
  entries: (Entry & { resource: string; peerSlot: number; since: number })[]
}

/** Size in bytes of the whole area. */
export function areaSize({ slots, buckets }: Pick<AreaHeader, 'slots' | 'buckets'>): number {
  return slotsAt + slots * blockSize * (1 + buckets)
}

export const slotOffset = (slot: number): number => slotsAt + slot * blockSize

export const bucketOffset = ({ slots }: Pick<AreaHeader, 'slots'>, bucket: number): number =>
  slotsAt + slots * blockSize * (1 + bucket)

const timeNames = Object.keys(defaultTimes) as (keyof LeaseTimes)[]

export function encodeHeader(header: AreaHeader): Buffer {
  checkTimes(header.times)
  const sector = Buffer.alloc(sectorSize)
  sector.write(magic, 0, 'latin1')
  putUuid(sector, 8, header.areaId)
  putUuid(sector, 24, header.storageDomainId)
  sector.writeUInt32LE(header.slots, 40)
  sector.writeUInt32LE(header.buckets, 44)
  for (const [index, name] of timeNames.entries()) sector.writeUInt32LE(header.times[name] * 1000, 48 + index * 4)
  return sealed(sector)
}

/**
 * @throws RookeryError `conflict` `lease.area_unknown` where no area lies or a newer one, `lease.area_broken` where its sum is wrong,
 * `lease.area_of_other_domain` where it belongs to another storage domain; `where` names the file in it
 */
export function decodeHeader(sector: Buffer, storageDomainId: string, where: string): AreaHeader {
  if (sector.toString('latin1', 0, 8) !== magic)
    throw conflict('lease.area_unknown', `${where} holds no lease area that this version knows.`)
  if (!isWhole(sector))
    throw conflict('lease.area_broken', `The head of the lease area ${where} is damaged: its sum is wrong.`)
  const slots = sector.readUInt32LE(40)
  const buckets = sector.readUInt32LE(44)
  if ((slots !== 256 && slots !== 512 && slots !== 1024) || buckets < 1 || buckets > 256)
    throw conflict(
      'lease.area_broken',
      `The lease area ${where} has ${slots} slots and ${buckets} buckets, which cannot be.`,
    )
  const owner = getUuid(sector, 24)
  if (owner !== storageDomainId)
    throw conflict(
      'lease.area_of_other_domain',
      `The lease area ${where} belongs to storage domain ${owner}. It was copied here; make a new one after you have seen that no host uses this copy.`,
    )
  const seconds = timeNames.map((name, index) => [name, sector.readUInt32LE(48 + index * 4) / 1000])
  const times = checkTimes(Object.fromEntries(seconds) as LeaseTimes)
  return { areaId: getUuid(sector, 8), storageDomainId: owner, slots, buckets, times }
}

const slotStates: readonly SlotState[] = ['joining', 'live', 'left']

export function encodeSlot(record: SlotSector): Buffer {
  const sector = Buffer.alloc(sectorSize)
  sector.write('RKSLOT01', 0, 'latin1')
  putUuid(sector, 8, record.areaId)
  putUuid(sector, 24, record.hostId)
  putGeneration(sector, 40, record.generation)
  sector.writeBigUInt64LE(BigInt(record.counter), 56)
  sector.writeUInt32LE(record.era, 64)
  sector.writeUInt16LE(record.slot, 68)
  sector.writeUInt8(slotStates.indexOf(record.state), 70)
  return sealed(sector)
}

/** `empty` was never written; `broken` has a wrong sum: read it again, and if it stays so it counts as somebody who holds everything. */
export function decodeSlot(sector: Buffer): SlotSector | 'empty' | 'broken' {
  if (isEmpty(sector)) return 'empty'
  const state = slotStates[sector.readUInt8(70)]
  if (!isWhole(sector) || sector.toString('latin1', 0, 8) !== 'RKSLOT01' || state === undefined) return 'broken'
  return {
    areaId: getUuid(sector, 8),
    slot: sector.readUInt16LE(68),
    hostId: getUuid(sector, 24),
    generation: getGeneration(sector, 40),
    counter: Number(sector.readBigUInt64LE(56)),
    era: sector.readUInt32LE(64),
    state,
  }
}

const causes: readonly Obituary['cause'][] = ['expired', 'fenced', 'confirmed', 'rebooted']

export function encodeObituaries({ counter, obituaries }: ObituarySector): Buffer {
  const sector = Buffer.alloc(sectorSize)
  sector.writeBigUInt64LE(BigInt(counter), 0)
  sector.writeUInt8(obituaries.length, 8)
  for (const [index, o] of obituaries.entries()) {
    const at = 16 + index * 24
    putGeneration(sector, at, o.of)
    sector.writeUInt32LE(o.era, at + 16)
    sector.writeUInt16LE(o.slot, at + 20)
    sector.writeUInt8(causes.indexOf(o.cause), at + 22)
    sector.writeUInt8(o.phase === 'final' ? 1 : 0, at + 23)
  }
  return sealed(sector)
}

export function decodeObituaries(sector: Buffer): ObituarySector | 'empty' | 'broken' {
  if (isEmpty(sector)) return 'empty'
  const count = sector.readUInt8(8)
  if (!isWhole(sector) || count > obituariesInSector) return 'broken'
  const obituaries = Array.from({ length: count }, (_, index) => {
    const at = 16 + index * 24
    const cause = causes[sector.readUInt8(at + 22)]
    return cause === undefined
      ? null
      : {
          of: getGeneration(sector, at),
          era: sector.readUInt32LE(at + 16),
          slot: sector.readUInt16LE(at + 20),
          cause,
          phase: sector.readUInt8(at + 23) === 1 ? ('final' as const) : ('intent' as const),
        }
  })
  const known = obituaries.filter(o => o !== null)
  // One that this version does not know must not be taken for none.
  return known.length === count ? { counter: Number(sector.readBigUInt64LE(0)), obituaries: known } : 'broken'
}

const flags: readonly Entry['flag'][] = ['held', 'waiting', 'given']
const nobody = '0'.repeat(32)

export function encodeCell({ generation, highest, counter, entries }: CellSector): Buffer {
  const sector = Buffer.alloc(sectorSize)
  putGeneration(sector, 0, generation)
  sector.writeBigUInt64LE(BigInt(highest), 16)
  sector.writeUInt32LE(counter, 24)
  sector.writeUInt8(entries.length, 28)
  for (const [index, entry] of entries.entries()) {
    const at = 32 + index * 52
    putUuid(sector, at, entry.resource)
    sector.writeUInt8(flags.indexOf(entry.flag), at + 16)
    sector.writeUInt8(entry.timed ? 1 : 0, at + 17)
    sector.writeUInt16LE(entry.peerSlot, at + 18)
    sector.writeUInt32LE(entry.era, at + 20)
    putGeneration(sector, at + 24, entry.peer ?? nobody)
    sector.writeBigUInt64LE(BigInt(entry.epoch), at + 40)
    sector.writeUInt32LE(entry.since, at + 48)
  }
  return sealed(sector)
}

export function decodeCell(sector: Buffer): CellSector | 'empty' | 'broken' {
  if (isEmpty(sector)) return 'empty'
  const count = sector.readUInt8(28)
  if (!isWhole(sector) || count > entriesInSector) return 'broken'
  const entries: CellSector['entries'] = []
  for (let index = 0; index < count; index++) {
    const at = 32 + index * 52
    const flag = flags[sector.readUInt8(at + 16)]
    if (flag === undefined) return 'broken'
    const peer = getGeneration(sector, at + 24)
    entries.push({
      resource: getUuid(sector, at),
      flag,
      timed: sector.readUInt8(at + 17) === 1,
      peerSlot: sector.readUInt16LE(at + 18),
      era: sector.readUInt32LE(at + 20),
      peer: peer === nobody ? null : peer,
      epoch: Number(sector.readBigUInt64LE(at + 40)),
      since: sector.readUInt32LE(at + 48),
    })
  }
  return {
    generation: getGeneration(sector, 0),
    highest: Number(sector.readBigUInt64LE(16)),
    counter: sector.readUInt32LE(24),
    entries,
  }
}

/** Puts the sum of all before it into the last four bytes. */
function sealed(sector: Buffer): Buffer {
  sector.writeUInt32LE(crc32(sector.subarray(0, sectorSize - 4)), sectorSize - 4)
  return sector
}

const isWhole = (sector: Buffer) =>
  sector.length === sectorSize && crc32(sector.subarray(0, sectorSize - 4)) === sector.readUInt32LE(sectorSize - 4)

const zeros = Buffer.alloc(sectorSize)
const isEmpty = (sector: Buffer) => sector.equals(zeros)

function putUuid(sector: Buffer, at: number, uuid: string): void {
  const hex = uuid.replaceAll('-', '')
  if (!/^[0-9a-f]{32}$/.test(hex))
    throw invalid('lease.id', `"${uuid}" is no id of a resource, host or area: a UUID is.`)
  sector.write(hex, at, 'hex')
}

function getUuid(sector: Buffer, at: number): string {
  const hex = sector.toString('hex', at, at + 16)
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

function putGeneration(sector: Buffer, at: number, generation: Generation): void {
  if (!/^[0-9a-f]{32}$/.test(generation))
    throw invalid('lease.generation', `"${generation}" is no generation of a keeper: 32 hex digits are.`)
  sector.write(generation, at, 'hex')
}

const getGeneration = (sector: Buffer, at: number): Generation => sector.toString('hex', at, at + 16)
