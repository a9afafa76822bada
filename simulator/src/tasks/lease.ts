import { conflict } from '@rookery/model'
import type { LeaseDeclared, TaskOf } from '@rookery/protocol'
import type { Fleet } from '../fleet.ts'
import type { SimHost } from '../host.ts'
import { hasPower } from '../trouble.ts'
import type { Plan } from './table.ts'

/** How a host is called dead on storage: it is, when it has no power, however well it can be reached. */
export function leasePlan(host: SimHost, task: TaskOf<'lease.declare'>): Plan {
  return {
    ms: [100, 500],
    effect(): LeaseDeclared {
      if (host.domain(task.storageDomainId).leased !== true)
        throw conflict('lease.none', `Storage domain ${task.storageDomainId} has no storage leases.`)
      const target = hostOf(host.fleet, task.hostUuid)
      const alive = target !== undefined && hasPower(target)
      return { dead: !alive, moved: alive ? 3 : null }
    },
  }
}

function hostOf(fleet: Fleet, hostUuid: string): SimHost | undefined {
  for (let index = 0; ; index++) {
    const host = fleet.hostAt(index)
    if (host === undefined || host.facts().hostUuid === hostUuid) return host
  }
}
