import type { Task } from '@rookery/protocol'
import type { SimHost } from '../host.ts'
import { certificatePlan } from './certificate.ts'
import { imagePlan } from './image.ts'
import { leasePlan } from './lease.ts'
import { networkPlan } from './network.ts'
import { powerPlan } from './power.ts'
import { storagePlan } from './storage.ts'
import type { Plan } from './table.ts'
import { vmPlan } from './vm.ts'

/** How this host pretends a task: one exhaustive table, so that a new kind cannot be forgotten. */
export function planOf(host: SimHost, task: Task): Plan {
  switch (task.kind) {
    case 'vm.create':
    case 'vm.destroy':
    case 'vm.shutdown':
    case 'vm.reboot':
    case 'vm.reset':
    case 'vm.resume':
    case 'vm.save':
    case 'vm.cdrom':
    case 'vm.nic.plug':
    case 'vm.nic.unplug':
    case 'vm.disk.plug':
    case 'vm.disk.unplug':
    case 'vm.console':
    case 'vm.migrate.prepare':
    case 'vm.migrate':
    case 'vm.migrate.finish':
      return vmPlan(host, task)
    case 'storage.create':
    case 'storage.connect':
    case 'storage.disconnect':
    case 'storage.attach':
    case 'storage.detach':
    case 'storage.format':
      return storagePlan(host, task)
    case 'volume.create':
    case 'image.remove':
    case 'volume.extend':
    case 'volume.measure':
    case 'volume.verify':
    case 'volume.describe':
    case 'image.ticket':
    case 'image.ticket.end':
      return imagePlan(host, task)
    case 'network.ensure':
    case 'network.remove':
      return networkPlan(host, task)
    case 'certificate.request':
    case 'certificate.install':
      return certificatePlan(task)
    case 'lease.declare':
      return leasePlan(host, task)
    case 'power.fence':
      return powerPlan(host, task)
  }
}
