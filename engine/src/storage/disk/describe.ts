import { z } from 'zod'
import { id } from '../../inventory/input.ts'
import { exclusive, job } from '../../jobs/index.ts'
import { onSpm } from '../spm/on-spm.ts'
import { diskOf } from './steps.ts'
import { volumeOf } from './store.ts'

/** Writes a disk's alias and description into its volume's metadata, so that the domain tells them to whoever imports it. */
export const describeDisk = job(
  {
    name: 'disk.describe',
    version: 1,
    input: z.strictObject({ diskId: id, alias: z.string(), dataCenterId: id }),
    // Not the disk itself: nobody has to wait for a name to be written.
    locks: i => [exclusive('disk_metadata', i.diskId)],
    describe: i => `Renaming disk ${i.alias} on its storage`,
    refs: i => [{ kind: 'disk', id: i.diskId, name: i.alias }],
    queueable: true,
  },
  async (j, i) => {
    const disk = await j.tx('look', tx => diskOf(tx, i.diskId, i.alias))
    // No undo: the row is what counts here; the metadata follows it with the next change.
    await onSpm(j, 'describe', i.dataCenterId, spm => ({
      kind: 'volume.describe',
      volume: volumeOf(disk),
      spm,
      alias: disk.alias.slice(0, 255),
      description: disk.description,
    }))
  },
)
