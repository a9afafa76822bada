import type { TaskOf } from '@rookery/protocol'
import type { SimHost } from '../host.ts'
import { demand, type Plan } from './table.ts'

/** How networks are pretended. */
export function networkPlan(host: SimHost, task: TaskOf<'network.ensure' | 'network.remove'>): Plan {
  switch (task.kind) {
    case 'network.ensure':
      return {
        ms: [20, 200],
        effect() {
          const { networkId, name, mode, mtu } = task
          host.networks.set(networkId, { networkId, name, mode, mtu })
          host.save()
        },
      }
    case 'network.remove':
      return {
        ms: [20, 150],
        effect() {
          for (const run of host.runs.values())
            demand(
              !run.spec.nics.some(n => n.networkId === task.networkId),
              'network.in_use',
              `${run.spec.name} is plugged into the network; shut it down or pull its card out first.`,
            )
          host.networks.delete(task.networkId)
          host.save()
        },
      }
  }
}
