import { notFound } from '@rookery/model'
import type { SpmEpoch, Task } from '@rookery/protocol'
import type { JobTx } from '../../jobs/index.ts'
import { getDisk, volumeOf } from './store.ts'
import type { DiskRow } from './types.ts'

/** The disk that a job works on; `notFound` when it is gone. */
export async function diskOf(tx: JobTx, diskId: string, alias: string): Promise<DiskRow> {
  const row = await getDisk(tx.sql, diskId)
  if (row === undefined)
    throw notFound('disk.not_found', `Disk ${alias} is gone.`, { ref: { kind: 'disk', id: diskId } })
  return row
}

/** The task that makes a disk's volume. */
export const createVolume = (disk: DiskRow, spm: SpmEpoch): Task => ({
  kind: 'volume.create',
  volume: volumeOf(disk),
  spm,
  diskId: disk.id,
  capacity: disk.capacity,
  format: disk.format,
  sparse: disk.sparse,
  alias: disk.alias.slice(0, 255),
  description: disk.description,
  purpose: disk.contentType === 'iso' ? 'iso' : disk.contentType === 'memory_dump_volume' ? 'memory' : 'data',
})

/** The task that removes a disk's bytes. */
export const removeImage = (
  disk: Pick<DiskRow, 'storageDomainId' | 'imageId' | 'wipeAfterDelete'>,
  spm: SpmEpoch,
): Task => ({
  kind: 'image.remove',
  storageDomainId: disk.storageDomainId,
  imageId: disk.imageId,
  spm,
  wipe: disk.wipeAfterDelete,
})
