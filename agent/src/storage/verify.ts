import type { FileHandle } from 'node:fs/promises'
import { invalid, RookeryError } from '@rookery/model'
import type { TaskOf, VolumeInfo } from '@rookery/protocol'
import type { ConnectedDomain, HostStorage } from './host-storage.ts'
import { nextGeneration } from './layout/volume-meta.ts'
import { judgeQcow2, readQcow2Header, refused } from './qcow2-header.ts'
import { wholeCapacity, writerAlive } from './volume.ts'
import { measure, requireFormat, requireMeta, withVolume, writeMeta } from './volume-files.ts'

/**
 * Judges bytes that a user wrote. The format is what was announced and never guessed: a raw volume may hold anything, also what
 * looks like another format, because nobody will ever open it as that. A qcow2 is first read by our own parser, which opens no other file;
 * only what passed it is shown to `qemu-img`, confined. The volume is illegal until it passed.
 */
export async function verifyVolume(
  storage: HostStorage,
  domain: ConnectedDomain,
  task: TaskOf<'volume.verify'>,
  signal: AbortSignal,
): Promise<VolumeInfo> {
  const { volume: ref, format } = task
  if (storage.hasWriter(ref)) throw writerAlive(ref)
  const capacity = wholeCapacity(task.capacity)
  const meta = await requireMeta(domain, ref)
  requireFormat(meta, format, ref)
  if (meta.legality !== 'ILLEGAL') await writeMeta(domain, ref, { ...meta, legality: 'ILLEGAL' }, storage.owner)
  const info = await withVolume(domain, ref, 'write', storage.owner, async file => {
    if (format === 'raw') await judgeRaw(file, capacity)
    else await judgeByQemu(storage, file, capacity, signal)
    await file.sync()
    return measure(file, format)
  })
  const generation = nextGeneration(meta.generation)
  await writeMeta(domain, ref, { ...meta, legality: 'LEGAL', generation }, storage.owner)
  return info
}

/** A raw volume is as long as its capacity: what is missing at the end reads as zeros. */
async function judgeRaw(file: FileHandle, capacity: number): Promise<void> {
  const { size } = await file.stat()
  if (size > capacity)
    throw refused('too_large', `The raw image has ${size} bytes, but the disk has ${capacity}. Make the disk larger.`)
  if (size < capacity) await file.truncate(capacity)
}

async function judgeByQemu(storage: HostStorage, file: FileHandle, capacity: number, signal: AbortSignal) {
  judgeQcow2(await readQcow2Header(file), (await file.stat()).size, capacity)
  const check = await storage.qemuImg.checkQcow2(file, signal).catch(unreadable)
  if (check['check-errors'] > 0 || check.corruptions > 0)
    throw refused(
      'corrupt',
      `The qcow2 image is damaged: qemu-img check finds ${check.corruptions} wrong clusters and ` +
        `${check['check-errors']} errors. Repair it first: qemu-img check -r all.`,
    )
  const info = await storage.qemuImg.infoQcow2(file, signal).catch(unreadable)
  // Our parser has said all this already. If QEMU reads the same bytes otherwise, its word counts.
  if (info.format !== 'qcow2' || info['virtual-size'] > capacity)
    throw refused('too_large', `QEMU reads the image as ${info.format} of ${info['virtual-size']} bytes.`)
  if (info['backing-filename'] !== undefined) throw refused('backing_file', 'The qcow2 image names a backing file.')
  if (info['format-specific']?.data?.['data-file'] !== undefined)
    throw refused('data_file', 'The qcow2 image keeps its data in another file.')
}

/** What `qemu-img` cannot open or not within its limits is the image's fault; a missing program or a lock is not. */
function unreadable(error: unknown): never {
  const blame = ['qemu_img.failed', 'qemu_img.killed', 'image_program.too_slow', 'image_program.too_much']
  if (error instanceof RookeryError && blame.includes(error.code))
    throw invalid('image.refused.unreadable', `The qcow2 image cannot be read: ${error.message}`, { cause: error })
  throw error
}
