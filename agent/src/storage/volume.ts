import { type FileHandle, open, rm, rmdir } from 'node:fs/promises'
import { conflict, invalid, zeroUuid } from '@rookery/model'
import type { TaskOf, VolumeInfo, VolumeRef } from '@rookery/protocol'
import { fallocate } from './fallocate.ts'
import { give, makeFolder, type Owner, syncFolder } from './files.ts'
import type { ConnectedDomain, HostStorage } from './host-storage.ts'
import { capacityStep, folderMode, volumeMode } from './layout/constants.ts'
import { encodeDiskNames } from './layout/description.ts'
import { nextGeneration, type VolumeMeta } from './layout/volume-meta.ts'
import { judgeQcow2, readQcow2Header } from './qcow2-header.ts'
import { formatWord, measure, readMeta, requireFormat, requireMeta, withVolume, writeMeta } from './volume-files.ts'

/** The DISKTYPE of each purpose that the engine knows. */
const diskTypes = { data: 'DATA', iso: 'ISOF', memory: 'MEMD' } as const

/** A capacity as V5 stores it: rounded up to whole 4 KiB. */
export const wholeCapacity = (bytes: number): number => Math.ceil(bytes / capacityStep) * capacityStep

/**
 * Makes the first volume of an image: data, then `.meta`. Only the `.meta` makes it a volume, so a crash in between leaves
 * garbage that the next attempt replaces.
 */
export async function createVolume(
  storage: HostStorage,
  domain: ConnectedDomain,
  task: TaskOf<'volume.create'>,
  signal: AbortSignal,
): Promise<VolumeInfo> {
  const { volume: ref, format } = task
  if (!task.sparse && format !== 'raw')
    throw invalid('volume.preallocated_qcow2', 'A preallocated volume must be raw; a qcow2 grows as it is written.')
  const capacity = wholeCapacity(task.capacity)
  if (capacity === 0) throw invalid('volume.empty', 'A volume needs a capacity above zero.')
  const existing = await readMeta(domain, ref)
  if (existing !== null) return existingVolume(domain, ref, existing, task, capacity, storage.owner)

  const { owner } = storage
  const folder = domain.paths.image(ref.imageId)
  const path = domain.paths.volume(ref.imageId, ref.volumeId)
  await makeFolder(folder, folderMode, owner)
  await rm(path, { force: true })
  try {
    const file = await open(path, 'wx+', volumeMode)
    try {
      // The owner first: the confined program that writes a qcow2 runs as somebody else.
      await give(file, volumeMode, owner)
      if (format === 'raw') await fillRaw(file, capacity, task.sparse, signal)
      else await storage.qemuImg.createQcow2(file, capacity, signal)
      signal.throwIfAborted()
      await file.sync()
    } finally {
      await file.close()
    }
    await syncFolder(folder)
    await writeMeta(domain, ref, newMeta(task, capacity), owner)
    await syncFolder(domain.paths.images)
  } catch (error) {
    await rm(path, { force: true })
    await rmdir(folder).catch(() => {}) // another volume may live there; an empty folder harms nothing either
    throw error
  }
  return withVolume(domain, ref, 'read', owner, file => measure(file, format))
}

async function existingVolume(
  domain: ConnectedDomain,
  ref: VolumeRef,
  meta: VolumeMeta,
  task: TaskOf<'volume.create'>,
  capacity: number,
  owner: Owner,
): Promise<VolumeInfo> {
  if (meta.format !== formatWord(task.format) || meta.capacity !== capacity)
    throw conflict(
      'volume.exists',
      `Volume ${ref.volumeId} is there already, as ${meta.format} of ${meta.capacity} bytes.`,
      { ref: { kind: 'volume', id: ref.volumeId } },
    )
  return withVolume(domain, ref, 'read', owner, file => measure(file, task.format))
}

async function fillRaw(file: FileHandle, capacity: number, sparse: boolean, signal: AbortSignal): Promise<void> {
  await file.truncate(capacity)
  // One real block at the start: direct I/O on an empty sparse file tells QEMU nothing about alignment (oVirt writes it too).
  await file.write(Buffer.alloc(capacityStep), 0, capacityStep, 0)
  if (sparse || capacity === capacityStep) return
  if (await fallocate(file, 'allocate', capacityStep, capacity - capacityStep, signal)) return
  await writeZeros(file, capacityStep, capacity, signal)
}

/** Overwrites a range with zeros, in pieces, until it is done or the signal says to stop. */
export async function writeZeros(file: FileHandle, from: number, to: number, signal?: AbortSignal): Promise<void> {
  const zeros = Buffer.alloc(1024 * 1024)
  for (let at = from; at < to; ) {
    signal?.throwIfAborted()
    const { bytesWritten } = await file.write(zeros, 0, Math.min(zeros.length, to - at), at)
    at += bytesWritten
  }
}

function newMeta(task: TaskOf<'volume.create'>, capacity: number): VolumeMeta {
  return {
    capacity,
    createdAt: Math.floor(Date.now() / 1000),
    description: encodeDiskNames({ alias: task.alias, description: task.description }),
    diskType: diskTypes[task.purpose],
    domainId: task.volume.storageDomainId,
    imageId: task.volume.imageId,
    format: formatWord(task.format),
    generation: 0,
    sequence: 1,
    legality: 'LEGAL',
    parentId: zeroUuid,
    allocation: task.sparse ? 'SPARSE' : 'PREALLOCATED',
    volumeType: 'LEAF',
    others: {},
  }
}

/** Grows a volume; see `VolumeExtend`. `resizeRunning` is asked first when a run holds it. */
export async function extendVolume(
  storage: HostStorage,
  domain: ConnectedDomain,
  task: TaskOf<'volume.extend'>,
  resizeRunning: (run: NonNullable<TaskOf<'volume.extend'>['run']>, capacity: number) => Promise<boolean>,
  signal: AbortSignal,
): Promise<VolumeInfo> {
  const { volume: ref, format } = task
  const capacity = wholeCapacity(task.capacity)
  const meta = await requireMeta(domain, ref)
  requireFormat(meta, format, ref)
  if (meta.legality !== 'LEGAL')
    throw conflict('volume.illegal', `Volume ${ref.volumeId} is illegal: its upload has not finished or was refused.`)
  if (meta.volumeType !== 'LEAF')
    throw conflict('volume.not_leaf', `Volume ${ref.volumeId} has children or is a template; only a leaf can grow.`)
  if (capacity < meta.capacity)
    throw invalid('volume.shrink', `Volume ${ref.volumeId} has ${meta.capacity} bytes; it can only grow.`)
  if (storage.hasWriter(ref)) throw writerAlive(ref)
  const byGuest = task.run !== null && (await resizeRunning(task.run, capacity))
  if (!byGuest)
    await withVolume(domain, ref, 'write', storage.owner, async file => {
      const { size } = await file.stat()
      if (format === 'raw') {
        // Never through a program that could take the guest's bytes for an image: a raw file just gets longer.
        if (size >= capacity) return
        if (meta.allocation === 'PREALLOCATED' && !(await fallocate(file, 'allocate', size, capacity - size, signal)))
          await writeZeros(file, size, capacity, signal)
        else if (meta.allocation === 'SPARSE') await file.truncate(capacity)
      } else {
        const header = await readQcow2Header(file)
        judgeQcow2(header, size, capacity)
        if (header.virtualSize < capacity) await storage.qemuImg.resizeQcow2(file, capacity, signal)
      }
      await file.sync()
    })
  if (meta.capacity !== capacity)
    await writeMeta(domain, ref, { ...meta, capacity, generation: nextGeneration(meta.generation) }, storage.owner)
  return withVolume(domain, ref, 'read', storage.owner, async file => ({ ...(await measure(file, format)), capacity }))
}

/** The error for work on a volume that somebody uploads to. */
export const writerAlive = (ref: VolumeRef) =>
  conflict('volume.being_written', `Volume ${ref.volumeId} is being uploaded to; end that transfer first.`, {
    ref: { kind: 'volume', id: ref.volumeId },
  })

/** Changes the names in a volume's metadata. */
export async function renameVolume(storage: HostStorage, domain: ConnectedDomain, task: TaskOf<'volume.describe'>) {
  const meta = await requireMeta(domain, task.volume)
  const description = encodeDiskNames({ alias: task.alias, description: task.description })
  if (description !== meta.description) await writeMeta(domain, task.volume, { ...meta, description }, storage.owner)
}

/**
 * Marks a volume legal or illegal. A change counts as a finished operation. Content when it is so already.
 */
export async function setLegality(
  storage: HostStorage,
  domain: ConnectedDomain,
  ref: VolumeRef,
  legality: 'LEGAL' | 'ILLEGAL',
): Promise<void> {
  const meta = await requireMeta(domain, ref)
  if (meta.legality === legality) return
  const generation = legality === 'LEGAL' ? nextGeneration(meta.generation) : meta.generation
  await writeMeta(domain, ref, { ...meta, legality, generation }, storage.owner)
}
