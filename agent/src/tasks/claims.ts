import type { Task } from '@rookery/protocol'
import type { Claim } from './queue.ts'

const same = (...keys: string[]): Claim => ({ waits: keys, holds: keys })

/** Which mailboxes a task goes through: one per VM, image, ticket and storage domain; networks share one. */
export function claimOf(task: Task): Claim {
  switch (task.kind) {
    case 'vm.create':
      return same(`vm:${task.spec.vmId}`, `vm.create:${task.spec.vmId}`)
    case 'vm.migrate.prepare':
      return same(`vm:${task.vmId}`, `vm.create:${task.vmId}`)
    case 'vm.destroy':
      // Waits for a create (else that would boot after "it is gone" was said), never for a save or shutdown that hangs.
      return { waits: [`vm.create:${task.vmId}`], holds: [`vm:${task.vmId}`, `vm.create:${task.vmId}`] }
    case 'vm.console':
      // Opens nothing in the domain that other work could disturb, and must not wait for a long save.
      return same(`console:${task.runId}`)
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
    case 'vm.migrate':
    case 'vm.migrate.finish':
      return same(`vm:${task.vmId}`)
    case 'volume.create':
    case 'volume.extend':
    case 'volume.measure':
    case 'volume.verify':
    case 'volume.describe':
      return same(`image:${task.volume.imageId}`)
    case 'image.ticket':
      return same(`image:${task.volume.imageId}`, `ticket:${task.ticket}`)
    case 'image.ticket.end':
      return same(`ticket:${task.ticket}`)
    case 'image.remove':
      return same(`image:${task.imageId}`)
    case 'storage.create':
    case 'storage.connect':
    case 'storage.disconnect':
    case 'storage.attach':
    case 'storage.detach':
    case 'storage.format':
      return same(`domain:${task.storageDomainId}`)
    case 'network.ensure':
    case 'network.remove':
      return same('network')
    case 'certificate.request':
    case 'certificate.install':
      return same('certificate')
    case 'lease.declare':
      return same(`lease:${task.storageDomainId}:${task.hostUuid}`)
    case 'power.fence':
      return same(`power:${task.device.type}:${task.device.address}`)
  }
}
