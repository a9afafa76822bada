import { randomUUID } from 'node:crypto'
import type { EngineDatabase } from '../../test/database.ts'
import { permissionTest } from '../../test/permission.ts'
import { type Site, site } from '../../test/site.ts'
import { update as updateCdrom } from './cdrom/operations.ts'
import { ticket } from './console/ticket.ts'
import * as attachment from './disk-attachment/operations.ts'
import * as migration from './migration/operations.ts'
import * as nic from './nic/operations.ts'
import * as vm from './vm/operations.ts'

const aCluster = async (db: EngineDatabase) => (await site(db)).cluster
const aVm = async (db: EngineDatabase) => (await site(db)).vm
const aRunningVm = async (db: EngineDatabase) => (await site(db)).runningVm
/** The site of the test that is being run, for what an input names beside the object. */
let here: Site
const aVmOfHere = async (db: EngineDatabase) => {
  here = await site(db)
  return here.vm
}
const aClusterOfHere = async (db: EngineDatabase) => {
  here = await site(db)
  return here.cluster
}

permissionTest(vm.add, { object: aCluster, input: ({ id }) => ({ name: `vm-${randomUUID()}`, clusterId: id }) })
permissionTest(vm.update, { object: aVm, input: ({ id }) => ({ id, description: 'x' }) })
permissionTest(vm.remove, { object: aVm, input: ({ id }) => ({ id }) })

permissionTest(vm.start, { object: aVm, input: ({ id }) => ({ id }) })
permissionTest(vm.stop, { object: aRunningVm, input: ({ id }) => ({ id }) })
permissionTest(vm.shutdown, { object: aRunningVm, input: ({ id }) => ({ id }) })
permissionTest(vm.reboot, { object: aRunningVm, input: ({ id }) => ({ id }) })
permissionTest(vm.reset, { object: aRunningVm, input: ({ id }) => ({ id }) })
permissionTest(vm.suspend, { object: aRunningVm, input: ({ id }) => ({ id }) })

permissionTest(migration.migrate, { object: aRunningVm, input: ({ id }) => ({ id }) })
permissionTest(migration.cancelMigration, { object: aRunningVm, input: ({ id }) => ({ id }) })

permissionTest(nic.add, { object: aVm, input: ({ id }) => ({ vmId: id, name: 'nic2' }) })
permissionTest(nic.update, {
  object: aVmOfHere,
  input: ({ id }) => ({ vmId: id, id: here.nic, linked: false }),
})
permissionTest(nic.remove, {
  object: aVmOfHere,
  input: ({ id }) => ({ vmId: id, id: here.nic }),
})

permissionTest(vm.update, {
  when: 'and may make VMs in the Cluster that it moves to',
  object: aVmOfHere,
  input: ({ id }) => ({ id, clusterId: here.bareCluster }),
  besides: () => [{ kind: 'cluster', id: here.bareCluster, permit: 'create_vm' }],
})
const properties = [{ name: 'sap_agent', value: 'true' }]
permissionTest(vm.add, {
  when: 'and may choose hosts',
  object: aClusterOfHere,
  input: ({ id }) => ({
    name: `vm-${randomUUID()}`,
    clusterId: id,
    config: { placement: { hostIds: [here.host] } },
  }),
  besides: () => [{ kind: 'cluster', id: here.cluster, permit: 'edit_admin_vm_properties' }],
})
permissionTest(vm.add, {
  when: 'and may set custom properties',
  object: aClusterOfHere,
  input: ({ id }) => ({ name: `vm-${randomUUID()}`, clusterId: id, config: { customProperties: properties } }),
  besides: () => [{ kind: 'cluster', id: here.cluster, permit: 'change_vm_custom_properties' }],
})
permissionTest(vm.update, {
  when: 'and may choose hosts',
  object: aVmOfHere,
  input: ({ id }) => ({ id, config: { placement: { hostIds: [here.host] } } }),
  besides: () => [{ kind: 'vm', id: here.vm, permit: 'edit_admin_vm_properties' }],
})
permissionTest(vm.update, {
  when: 'and may set custom properties',
  object: aVmOfHere,
  input: ({ id }) => ({ id, config: { customProperties: properties } }),
  besides: () => [{ kind: 'vm', id: here.vm, permit: 'change_vm_custom_properties' }],
})
permissionTest(vm.start, {
  when: 'and may choose hosts',
  object: aVmOfHere,
  input: ({ id }) => ({ id, runOnce: { hostIds: [here.host] } }),
  besides: () => [{ kind: 'vm', id: here.vm, permit: 'edit_admin_vm_properties' }],
})
permissionTest(vm.start, {
  when: 'and may set custom properties',
  object: aVmOfHere,
  input: ({ id }) => ({ id, runOnce: { customProperties: properties } }),
  besides: () => [{ kind: 'vm', id: here.vm, permit: 'change_vm_custom_properties' }],
})

permissionTest(nic.add, {
  when: 'and may use the profile',
  object: aVmOfHere,
  input: ({ id }) => ({ vmId: id, name: 'nic2', vnicProfileId: here.profile }),
  besides: () => [{ kind: 'vnic_profile', id: here.profile, permit: 'assign_vnic_profile' }],
})
permissionTest(nic.update, {
  when: 'and may use the profile',
  object: async db => {
    const id = await aVmOfHere(db)
    await db.db.sql`update nic set vnic_profile_id = null where id = ${here.nic}`
    return id
  },
  input: ({ id }) => ({ vmId: id, id: here.nic, vnicProfileId: here.profile }),
  besides: () => [{ kind: 'vnic_profile', id: here.profile, permit: 'assign_vnic_profile' }],
})

permissionTest(attachment.add, {
  object: aVmOfHere,
  input: ({ id }) => ({ vmId: id, diskId: here.freeDisk }),
  besides: () => [{ kind: 'disk', id: here.freeDisk, permit: 'attach_disk' }],
})
permissionTest(attachment.add, {
  when: 'and may make the Disk',
  object: aVmOfHere,
  input: ({ id }) => ({
    vmId: id,
    disk: { capacity: 1_048_576, format: 'qcow2' as const, storageDomainId: here.domain },
  }),
  besides: () => [{ kind: 'storage_domain', id: here.domain, permit: 'create_disk' }],
})
permissionTest(attachment.update, {
  when: 'and may change the Disk',
  object: aVmOfHere,
  input: ({ id }) => ({ vmId: id, diskId: here.disk, disk: { description: 'x' } }),
  besides: () => [{ kind: 'disk', id: here.disk, permit: 'edit_disk_properties' }],
})
permissionTest(attachment.remove, {
  when: 'and may remove the Disk',
  object: aVmOfHere,
  input: ({ id }) => ({ vmId: id, diskId: here.disk, detachOnly: false }),
  besides: () => [{ kind: 'disk', id: here.disk, permit: 'delete_disk' }],
})
permissionTest(attachment.update, {
  object: aVmOfHere,
  input: ({ id }) => ({ vmId: id, diskId: here.disk, bootable: true }),
})
permissionTest(attachment.remove, {
  object: aVmOfHere,
  input: ({ id }) => ({ vmId: id, diskId: here.disk }),
})

permissionTest(updateCdrom, { object: aVm, input: ({ id }) => ({ vmId: id, file: null }) })
permissionTest(ticket, {
  object: aRunningVm,
  input: ({ id }) => ({ vmId: id, protocol: 'vnc' as const, mode: 'stream' as const }),
})
