import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { conflict } from '@rookery/model'
import { alignedMemory } from './area-file.ts'
import type { Entry, Generation, Obituary, Seen, SlotRecord } from './entry.ts'
import type { Bucket, LeaseArea, Table } from './keeper.ts'
import {
  type AreaHeader,
  blockSize,
  bucketOffset,
  type CellSector,
  decodeCell,
  decodeObituaries,
  decodeSlot,
  encodeCell,
  encodeObituaries,
  encodeSlot,
  entriesInCell,
  entriesInSector,
  type ObituarySector,
  obituariesInBlock,
  obituariesInSector,
  type SlotSector,
  sectorSize,
  slotOffset,
} from './layout.ts'

const sectors = blockSize / sectorSize
const noSlot = 0xffff

/** Which host's registers these are. */
export interface AreaOwner {
  slot: number
  hostId: string
  generation: Generation
}

/**
 * The registers of one host in an area on disk, and reads of everybody's. A write that fails is tried again until it succeeds or the
 * area is closed, so `done` means durable; one write a block is in flight. `report` hears of errors and of records of others in our slot.
 */
export class DiskArea implements LeaseArea {
  readonly header: AreaHeader
  private readonly file: FileHandle
  private readonly owner: AreaOwner
  private readonly report: (trouble: 'io' | 'foreign', detail: unknown) => void
  private readonly blocks = new Map<number, { memory: Buffer; last: Promise<void> }>()
  private readonly entries = new Map<string, Entry>()
  private readonly since = new Map<string, number>()
  /** Of each entry of others that was read last, by resource and owner. */
  private readonly sinceOfOthers = new Map<string, number>()
  private readonly highest = new Map<number, number>()
  private readonly obituaries = new Map<Generation, Obituary & { slot: number }>()
  private slotsOf = new Map<Generation, SlotSector>()
  private readonly memory: Buffer
  private reads: Promise<unknown> = Promise.resolve()
  private counter = 0
  private closed = false

  constructor(
    file: FileHandle,
    header: AreaHeader,
    owner: AreaOwner,
    report: (trouble: 'io' | 'foreign', detail: unknown) => void,
  ) {
    this.file = file
    this.header = header
    this.owner = owner
    this.report = report
    this.memory = alignedMemory(header.slots * blockSize)
  }

  /**
   * Takes a slot that nobody ever used: writes `joining`, waits until any write of another joiner has shown itself, looks whether it is
   * still ours, and only then lives. Two who take one slot at once: at most one keeps it.
   * @throws RookeryError `conflict` `lease.slot_taken`: take another one
   */
  async join(): Promise<void> {
    const { slot } = this.owner
    const taken = () => conflict('lease.slot_taken', `Slot ${slot} of the lease area is another host's.`)
    const found = (await this.readSlots()).get(slot)
    if (found !== undefined) throw taken()
    const began = Date.now()
    await this.writeSlotAs('joining', { generation: this.owner.generation, counter: 0, era: 0 })
    // Slower than that, and the write may be somebody's surprise later: this slot is given up for good.
    if (Date.now() - began > this.header.times.io * 1000) throw taken()
    await delay(2 * this.header.times.io * 1000)
    const now = (await this.readSlots()).get(slot)
    if (now === undefined || now === 'broken' || now.generation !== this.owner.generation) throw taken()
    await this.clearCells()
    await this.writeSlotAs('live', { generation: this.owner.generation, counter: 1, era: 0 })
  }

  /**
   * Goes on as the generation that a keeper of the same boot left behind, whose process must be gone: nobody else may have writes under way.
   * @throws RookeryError `conflict` `lease.slot_taken` when the slot is not that generation's
   */
  async resume(): Promise<{ record: SlotRecord; entries: ReadonlyMap<string, Entry> }> {
    const { slot, generation } = this.owner
    const record = (await this.readSlots()).get(slot)
    if (record === undefined || record === 'broken' || record.generation !== generation)
      throw conflict('lease.slot_taken', `Slot ${slot} of the lease area is not generation ${generation}'s any more.`)
    const own = await this.readBlock(slotOffset(slot))
    this.adopt(slotOffset(slot), own)
    for (const sector of sectorsOf(own).slice(1)) {
      const read = decodeObituaries(sector)
      if (typeof read !== 'string') for (const obituary of read.obituaries) this.obituaries.set(obituary.of, obituary)
    }
    for (let bucket = 0; bucket < this.header.buckets; bucket++) {
      const offset = bucketOffset(this.header, bucket) + slot * blockSize
      const block = await this.readBlock(offset)
      this.adopt(offset, block)
      for (const cell of sectorsOf(block).map(decodeCell)) {
        if (typeof cell === 'string') continue
        this.highest.set(bucket, Math.max(this.highest.get(bucket) ?? 0, cell.highest))
        for (const entry of cell.entries) {
          this.entries.set(entry.resource, withoutPlace(entry))
          this.since.set(entry.resource, entry.since)
        }
      }
    }
    return { record, entries: new Map(this.entries) }
  }

  /** Whether the cell for this resource has room for one entry more. */
  hasRoom(resource: string): boolean {
    if (this.entries.has(resource)) return true
    const bucket = this.bucketOf(resource)
    return [...this.entries.keys()].filter(other => this.bucketOf(other) === bucket).length < entriesInCell
  }

  /** Every host that was seen in the area, by generation, as far as read. */
  get hosts(): ReadonlyMap<Generation, SlotSector> {
    return this.slotsOf
  }

  /** When a generation took a resource, as it says itself; null when that was not read. */
  takenAt(resource: string, owner: Generation): Date | null {
    const seconds = this.sinceOfOthers.get(`${resource} ${owner}`) ?? 0
    return seconds === 0 ? null : new Date(seconds * 1000)
  }

  /** Says that this generation is over; the caller holds nothing any more. */
  leave(record: SlotRecord): Promise<void> {
    return this.writeSlotAs('left', record)
  }

  writeSlot(record: SlotRecord, done: () => void): void {
    void this.answer(this.writeSlotAs('live', record), done)
  }

  writeEntry(resource: string, entry: Entry | null, done: () => void): void {
    const bucket = this.bucketOf(resource)
    if (entry === null) this.since.delete(resource)
    else if (!this.since.has(resource)) this.since.set(resource, Math.floor(Date.now() / 1000))
    if (entry === null) this.entries.delete(resource)
    else this.entries.set(resource, entry)
    this.highest.set(bucket, Math.max(this.highest.get(bucket) ?? 0, entry?.epoch ?? 0))
    const offset = bucketOffset(this.header, bucket) + this.owner.slot * blockSize
    void this.answer(
      this.writeBlock(offset, block => this.fillCell(block, bucket)),
      done,
    )
  }

  writeObituary(of: Generation, obituary: Obituary | null, done: () => void): void {
    if (obituary === null) this.obituaries.delete(of)
    else this.obituaries.set(of, { ...obituary, slot: this.slotsOf.get(of)?.slot ?? noSlot })
    const written = this.writeBlock(slotOffset(this.owner.slot), block => this.fillObituaries(block))
    void this.answer(written, done)
  }

  readTable(done: (table: Table) => void): void {
    void this.answer(this.table(), done)
  }

  readBucket(resource: string, done: (bucket: Bucket) => void): void {
    const read = async (): Promise<Bucket> => {
      const seen = await this.cells(resource)
      return { seen, obituaries: (await this.table()).obituaries }
    }
    void this.answer(read(), done)
  }

  readCounter(generation: Generation, done: (counter: number | null) => void): void {
    this.readTable(({ slots }) => done(slots.find(slot => slot.generation === generation)?.counter ?? null))
  }

  /** Ends all that is under way; a write that has reached the kernel may still land. */
  async close(): Promise<void> {
    this.closed = true
    await this.file.close()
  }

  private async answer<T>(work: Promise<T>, done: (value: T) => void): Promise<void> {
    let value: T
    try {
      value = await work
    } catch (error) {
      if (!this.closed) this.report('io', error)
      return
    }
    if (!this.closed) done(value)
  }

  private bucketOf(resource: string): number {
    return createHash('sha256').update(resource).digest().readUInt32LE(0) % this.header.buckets
  }

  // --- writing

  private writeSlotAs(state: SlotSector['state'], record: SlotRecord): Promise<void> {
    const { slot, hostId } = this.owner
    return this.writeBlock(slotOffset(slot), block =>
      encodeSlot({ ...record, areaId: this.header.areaId, slot, hostId, state }).copy(block, 0),
    )
  }

  /** Fills and writes one block of ours; what is filled in meanwhile waits for the next write. */
  private writeBlock(offset: number, fill: (block: Buffer) => void): Promise<void> {
    const block = this.blocks.get(offset) ?? { memory: alignedMemory(blockSize), last: Promise.resolve() }
    this.blocks.set(offset, block)
    const write = async () => {
      fill(block.memory)
      await this.untilDone(() => this.file.write(block.memory, 0, blockSize, offset))
    }
    const written = block.last.then(write)
    block.last = written.catch(() => {})
    return written
  }

  private fillCell(block: Buffer, bucket: number): void {
    const mine = [...this.entries].filter(([resource]) => this.bucketOf(resource) === bucket)
    const highest = this.highest.get(bucket) ?? 0
    for (let sector = 0; sector < sectors; sector++) {
      const part = mine.slice(sector * entriesInSector, (sector + 1) * entriesInSector)
      const entries = part.map(([resource, entry]) => ({
        ...entry,
        resource,
        peerSlot: entry.peer === null ? noSlot : (this.slotsOf.get(entry.peer)?.slot ?? noSlot),
        since: this.since.get(resource) ?? 0,
      }))
      const cell: CellSector = { generation: this.owner.generation, highest, counter: ++this.counter, entries }
      // Sectors that never held anything stay empty, so that reading them is nothing.
      if (sector === 0 || entries.length > 0 || block.readUInt8(sector * sectorSize + 28) > 0)
        encodeCell(cell).copy(block, sector * sectorSize)
    }
  }

  private fillObituaries(block: Buffer): void {
    const all = [...this.obituaries.values()].slice(-obituariesInBlock)
    for (let sector = 1; sector < sectors; sector++) {
      const obituaries = all.slice((sector - 1) * obituariesInSector, sector * obituariesInSector)
      if (obituaries.length === 0 && block.readUInt8(sector * sectorSize + 8) === 0) continue
      encodeObituaries({ counter: ++this.counter, obituaries }).copy(block, sector * sectorSize)
    }
  }

  private async readBlock(offset: number): Promise<Buffer> {
    return this.reading(async memory => {
      await this.untilDone(() => this.file.read(memory, 0, blockSize, offset))
      return Buffer.from(memory.subarray(0, blockSize))
    })
  }

  /** What is on the disk is what the next write begins from. */
  private adopt(offset: number, content: Buffer): void {
    const memory = alignedMemory(blockSize)
    content.copy(memory)
    this.blocks.set(offset, { memory, last: Promise.resolve() })
  }

  /** Takes away what an owner before us left in our cells, but for the epochs. */
  private async clearCells(): Promise<void> {
    for (let bucket = 0; bucket < this.header.buckets; bucket++) {
      const offset = bucketOffset(this.header, bucket) + this.owner.slot * blockSize
      const block = await this.readBlock(offset)
      const epochs = sectorsOf(block).map(sector => {
        const cell = decodeCell(sector)
        return typeof cell === 'string' ? 0 : cell.highest
      })
      if (block.every(byte => byte === 0)) continue
      this.highest.set(bucket, Math.max(...epochs))
      await this.writeBlock(offset, memory => {
        memory.fill(0)
        this.fillCell(memory, bucket)
      })
    }
  }

  // --- reading

  private async cells(resource: string): Promise<Seen[]> {
    const bucket = this.bucketOf(resource)
    return this.readWhole(bucketOffset(this.header, bucket), (block, slot) => {
      const cells = sectorsOf(block).map(decodeCell)
      if (cells.includes('broken')) return 'broken'
      const known = cells.filter(cell => typeof cell !== 'string')
      const [first] = known
      if (first === undefined) return null
      const entry = known.flatMap(cell => cell.entries).find(e => e.resource === resource) ?? null
      if (entry !== null) this.sinceOfOthers.set(`${resource} ${first.generation}`, entry.since)
      // The highest epoch of the bucket serves for every resource in it: it can only make epochs rise faster.
      const epoch = Math.max(...known.map(cell => cell.highest))
      return [{ owner: first.generation, slot, epoch, entry: entry === null ? null : withoutPlace(entry) }]
    })
  }

  private async table(): Promise<Table> {
    const obituaries: Obituary[] = []
    const slots = [...(await this.readSlots(obituaries)).values()].filter(slot => slot !== 'broken')
    this.slotsOf = new Map(slots.map(slot => [slot.generation, slot]))
    const mine = slots.find(slot => slot.slot === this.owner.slot)
    if (mine !== undefined && mine.generation !== this.owner.generation) this.report('foreign', mine)
    return { slots: slots.filter(slot => slot.state === 'live'), obituaries }
  }

  /** Every slot that was ever written; the obituaries of all are added to `obituaries`. */
  private async readSlots(obituaries: Obituary[] = []): Promise<Map<number, SlotSector | 'broken'>> {
    const slots = new Map<number, SlotSector | 'broken'>()
    await this.reading(async memory => {
      await this.untilDone(() => this.file.read(memory, 0, this.header.slots * blockSize, slotOffset(0)))
      for (let slot = 0; slot < this.header.slots; slot++) {
        const block = memory.subarray(slot * blockSize, (slot + 1) * blockSize)
        const [first, ...rest] = sectorsOf(block)
        const record = first === undefined ? 'empty' : decodeSlot(first)
        if (record !== 'empty') slots.set(slot, record)
        if (record === 'empty') continue
        const read = rest.map(decodeObituaries).filter((o): o is ObituarySector => typeof o !== 'string')
        obituaries.push(...read.flatMap(o => o.obituaries))
      }
    })
    return slots
  }

  /** Reads one row of blocks, one a slot. One that stays broken counts as somebody who holds everything there. */
  private async readWhole(
    offset: number,
    decode: (block: Buffer, slot: number) => (Seen & { slot: number })[] | 'broken' | null,
  ): Promise<Seen[]> {
    for (let attempt = 1; ; attempt++) {
      const decoded = await this.reading(async memory => {
        await this.untilDone(() => this.file.read(memory, 0, this.header.slots * blockSize, offset))
        return Array.from({ length: this.header.slots }, (_, slot) =>
          decode(memory.subarray(slot * blockSize, (slot + 1) * blockSize), slot),
        )
      })
      if (!decoded.includes('broken') || attempt === 5)
        return decoded.flatMap((seen, slot) => (seen === 'broken' ? [unreadable(slot)] : (seen ?? [])))
      await delay((this.header.times.io * 1000) / 5)
    }
  }

  /** One read at a time: they share the memory. */
  private reading<T>(work: (memory: Buffer) => Promise<T>): Promise<T> {
    const next = this.reads.then(() => work(this.memory))
    this.reads = next.catch(() => {})
    return next
  }

  private async untilDone(work: () => Promise<unknown>): Promise<void> {
    for (;;) {
      try {
        await work()
        return
      } catch (error) {
        if (this.closed) throw error
        this.report('io', error)
        await delay(1000)
      }
    }
  }
}

const sectorsOf = (block: Buffer): Buffer[] =>
  Array.from({ length: sectors }, (_, i) => block.subarray(i * sectorSize, (i + 1) * sectorSize))

const withoutPlace = ({ flag, timed, era, peer, epoch }: Entry): Entry => ({ flag, timed, era, peer, epoch })

const unreadable = (slot: number): Seen => ({
  owner: `unreadable slot ${slot}`,
  entry: { flag: 'held', timed: false, era: 0, peer: null, epoch: 0 },
  epoch: 0,
})
