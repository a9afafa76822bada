import { conflict, notFound } from '@rookery/model'
import type { TaskOf } from '@rookery/protocol'
import type { SimHost } from '../host.ts'
import type { SharedDomain } from '../pool.ts'
import { demand, type Plan } from './table.ts'

/** How storage domains are pretended. */
export function storagePlan(
  host: SimHost,
  task: TaskOf<
    'storage.create' | 'storage.connect' | 'storage.disconnect' | 'storage.attach' | 'storage.detach' | 'storage.format'
  >,
): Plan {
  const { pool } = host.fleet
  switch (task.kind) {
    case 'storage.create':
      return { ms: [50, 300], effect: () => pool.create(task.connection, task) }
    case 'storage.connect':
      return {
        ms: [30, 300],
        effect() {
          const domain = pool.at(task.connection)
          if (domain?.info.storageDomainId !== task.storageDomainId)
            throw notFound('storage.not_found', `${task.connection.path} does not hold this storage domain.`, {
              ref: { kind: 'storageDomain', id: task.storageDomainId },
            })
          domain.leased = task.connection.type === 'posixfs' && task.connection.lease === true
          pool.save(domain)
          host.connected.set(task.storageDomainId, domain.path)
          host.save()
          host.tell({ type: 'storage', ...host.next(), storage: pool.report(domain) })
          return domain.info
        },
      }
    case 'storage.disconnect':
      return {
        ms: [20, 100],
        effect() {
          demandUnused(host, task.storageDomainId)
          host.connected.delete(task.storageDomainId)
          host.save()
        },
      }
    case 'storage.attach':
      return {
        ms: [30, 200],
        effect() {
          const domain = host.domain(task.storageDomainId)
          demandPool(domain, task.spm.poolId, true)
          domain.info = { ...domain.info, poolId: task.spm.poolId, role: task.role }
          pool.save(domain)
        },
      }
    case 'storage.detach':
      return {
        ms: [30, 200],
        effect() {
          const domain = host.domain(task.storageDomainId)
          demandPool(domain, task.spm.poolId, true)
          domain.info = { ...domain.info, poolId: null, role: 'Regular' }
          pool.save(domain)
        },
      }
    case 'storage.format':
      return {
        ms: [50, 400],
        effect() {
          const domain = pool.at(task.connection)
          if (domain?.info.storageDomainId !== task.storageDomainId) return
          demand(domain.info.poolId === null, 'storage.attached', 'The storage domain is attached; detach it first.')
          pool.remove(domain)
          host.connected.delete(task.storageDomainId)
          host.save()
        },
      }
  }
}

/** Refuses a domain that belongs to another pool; one of no pool only with `orNone`. */
export function demandPool(domain: SharedDomain, poolId: string, orNone = false): void {
  const found = domain.info.poolId
  if (found === poolId || (found === null && orNone)) return
  if (found === null) throw conflict('storage.not_attached', `Storage domain ${domain.info.name} is attached nowhere.`)
  throw conflict('storage.attached_elsewhere', `Storage domain ${domain.info.name} belongs to another data center.`, {
    detail: { found },
  })
}

function demandUnused(host: SimHost, storageDomainId: string): void {
  for (const { spec } of host.runs.values())
    demand(
      !spec.disks.some(d => d.volume.storageDomainId === storageDomainId),
      'storage.in_use',
      `${spec.name} runs on a disk of this storage domain.`,
    )
}
