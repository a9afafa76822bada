import { conflict, invalid } from '@rookery/model'
import type { TaskOf, VolumeInfo, VolumeRef } from '@rookery/protocol'
import type { SimHost } from '../host.ts'
import type { Volume } from '../pool.ts'
import { judgeQcow2 } from '../qcow2.ts'
import { demandPool } from './storage.ts'
import { demand, type Plan } from './table.ts'

/** How volumes, images and their tickets are pretended. */
export function imagePlan(
  host: SimHost,
  task: TaskOf<
    | 'volume.create'
    | 'image.remove'
    | 'volume.extend'
    | 'volume.measure'
    | 'volume.verify'
    | 'volume.describe'
    | 'image.ticket'
    | 'image.ticket.end'
  >,
): Plan {
  const { pool } = host.fleet
  /** The domain of a task that only the storage manager may do. */
  const owned = (t: { volume: VolumeRef; spm: { poolId: string } }) => {
    const domain = host.domain(t.volume.storageDomainId)
    demandPool(domain, t.spm.poolId)
    return domain
  }
  const info = ({ facts, content }: Volume): VolumeInfo => ({
    capacity: facts.capacity,
    actualSize: pool.actualSize({ facts, content }),
    format: facts.format,
  })

  switch (task.kind) {
    case 'volume.create':
      return {
        ms: task.sparse ? [30, 300] : [500, 3000],
        effect() {
          const { volume: ref, diskId, capacity, format, sparse, alias, description, purpose } = task
          if (!sparse && format !== 'raw')
            throw invalid('volume.preallocated_qcow2', 'Only raw volumes can be allocated at once.')
          pool.createVolume(owned(task), { ref, diskId, capacity, format, sparse, alias, description, purpose })
        },
      }
    case 'image.remove':
      return {
        ms: task.wipe ? [500, 2000] : [30, 300],
        effect() {
          const domain = host.domain(task.storageDomainId)
          demandPool(domain, task.spm.poolId)
          const volumes = [...domain.volumes.values()].filter(v => v.facts.ref.imageId === task.imageId)
          for (const run of host.runs.values())
            demand(
              !run.spec.disks.some(d => d.volume.imageId === task.imageId),
              'volume.in_use',
              `${run.spec.name} runs on this disk.`,
            )
          for (const volume of volumes) {
            host.images.endOf(volume.facts.ref)
            pool.removeVolume(domain, volume)
          }
        },
      }
    case 'volume.extend':
      return {
        ms: [30, 300],
        effect() {
          const domain = owned(task)
          const volume = pool.volume(domain, task.volume)
          demand(
            task.capacity >= volume.facts.capacity,
            'volume.shrink',
            `The volume is ${volume.facts.capacity} bytes large and cannot become smaller.`,
          )
          volume.facts.capacity = task.capacity
          if (task.format === 'qcow2' && volume.facts.holds !== 'guest' && volume.content.size >= 32) {
            const size = Buffer.alloc(8)
            size.writeBigUInt64BE(BigInt(task.capacity))
            volume.content.write(24, size)
          }
          pool.saveVolume(domain, volume)
        },
      }
    case 'volume.measure':
      return { ms: [10, 80], effect: () => info(formatted(host.volume(task.volume), task.format)) }
    case 'volume.verify':
      return {
        ms: [50, 500],
        effect() {
          const domain = owned(task)
          const volume = pool.volume(domain, task.volume)
          volume.facts.legal = false
          pool.saveVolume(domain, volume)
          judge(volume, task.format, task.capacity)
          volume.facts.legal = true
          pool.saveVolume(domain, volume)
          return info(volume)
        },
      }
    case 'volume.describe':
      return {
        ms: [10, 80],
        effect() {
          const domain = owned(task)
          const volume = pool.volume(domain, task.volume)
          volume.facts.alias = task.alias
          volume.facts.description = task.description
          pool.saveVolume(domain, volume)
        },
      }
    case 'image.ticket':
      return {
        ms: [10, 100],
        effect() {
          const volume = formatted(pool.volume(owned(task), task.volume), task.format)
          return host.images.open(task, owned(task), volume)
        },
      }
    case 'image.ticket.end':
      return { ms: [10, 100], effect: () => host.images.end(task.ticket) }
  }
}

function formatted(volume: Volume, format: VolumeInfo['format']): Volume {
  if (volume.facts.format !== format)
    throw conflict('volume.format', `The volume is ${volume.facts.format}, not ${format}.`)
  return volume
}

/** The judgement of what a user wrote. */
function judge({ facts, content }: Volume, format: VolumeInfo['format'], capacity: number): void {
  if (facts.format !== format) throw invalid('image.refused.format', `The volume is ${facts.format}, not ${format}.`)
  if (format === 'qcow2' && facts.holds !== 'guest') judgeQcow2(content.read(0, 104), capacity)
  else if (content.size > capacity)
    throw invalid('image.refused.too_large', `The image is ${content.size} bytes large, the disk ${capacity}.`)
}
