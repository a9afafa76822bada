// Written by scripts/native-types.ts from the engine's operations and queries: node scripts/native-types.ts
import type { Operation } from '../../../engine/src/core/operation.ts'
import type { Query } from '../../../engine/src/core/query.ts'
import type * as searches from '../../../engine/src/search/search-of.ts'
import type * as m1 from '../../../engine/src/compute/affinity/group-operations.ts'
import type * as m2 from '../../../engine/src/compute/affinity/label-operations.ts'
import type * as m3 from '../../../engine/src/compute/cdrom/operations.ts'
import type * as m4 from '../../../engine/src/inventory/cluster/operations.ts'
import type * as m5 from '../../../engine/src/inventory/cluster/upgrade-operations.ts'
import type * as m6 from '../../../engine/src/network/network/operations.ts'
import type * as m7 from '../../../engine/src/compute/console/ticket.ts'
import type * as m8 from '../../../engine/src/inventory/data-center/operations.ts'
import type * as m9 from '../../../engine/src/storage/disk/operations.ts'
import type * as m10 from '../../../engine/src/compute/disk-attachment/operations.ts'
import type * as m11 from '../../../engine/src/inventory/fence/operations.ts'
import type * as m12 from '../../../engine/src/inventory/host/operations.ts'
import type * as m13 from '../../../engine/src/inventory/host/upkeep.ts'
import type * as m14 from '../../../engine/src/inventory/enrol/join-token.ts'
import type * as m15 from '../../../engine/src/storage/transfer/operations.ts'
import type * as m16 from '../../../engine/src/jobs/control.ts'
import type * as m17 from '../../../engine/src/compute/nic/operations.ts'
import type * as m18 from '../../../engine/src/identity/permissions.ts'
import type * as m19 from '../../../engine/src/identity/preferences.ts'
import type * as m20 from '../../../engine/src/identity/role-operations.ts'
import type * as m21 from '../../../engine/src/inventory/scheduling-policy/operations.ts'
import type * as m22 from '../../../engine/src/identity/session-operations.ts'
import type * as m23 from '../../../engine/src/storage/domain/operations.ts'
import type * as m24 from '../../../engine/src/inventory/tag/operations.ts'
import type * as m25 from '../../../engine/src/identity/user-operations.ts'
import type * as m26 from '../../../engine/src/compute/vm/add.ts'
import type * as m27 from '../../../engine/src/compute/migration/operations.ts'
import type * as m28 from '../../../engine/src/compute/vm/operations.ts'
import type * as m29 from '../../../engine/src/compute/vm/change.ts'
import type * as m30 from '../../../engine/src/network/vnic-profile/operations.ts'
import type * as m31 from '../../../engine/src/compute/affinity/queries.ts'
import type * as m32 from '../../../engine/src/compute/cdrom/queries.ts'
import type * as m33 from '../../../engine/src/inventory/cluster/cpu-query.ts'
import type * as m34 from '../../../engine/src/inventory/cluster/queries.ts'
import type * as m35 from '../../../engine/src/inventory/cluster/now-query.ts'
import type * as m36 from '../../../engine/src/compute/balance/power-query.ts'
import type * as m37 from '../../../engine/src/network/network/queries.ts'
import type * as m38 from '../../../engine/src/compute/console/queries.ts'
import type * as m39 from '../../../engine/src/inventory/data-center/queries.ts'
import type * as m40 from '../../../engine/src/storage/disk/queries.ts'
import type * as m41 from '../../../engine/src/metering/queries.ts'
import type * as m42 from '../../../engine/src/compute/disk-attachment/queries.ts'
import type * as m43 from '../../../engine/src/events/queries.ts'
import type * as m44 from '../../../engine/src/inventory/fence/queries.ts'
import type * as m45 from '../../../engine/src/compute/migration/drain.ts'
import type * as m46 from '../../../engine/src/inventory/host/fingerprint.ts'
import type * as m47 from '../../../engine/src/metering/live.ts'
import type * as m48 from '../../../engine/src/inventory/host/queries.ts'
import type * as m49 from '../../../engine/src/storage/transfer/queries.ts'
import type * as m50 from '../../../engine/src/invariants/queries.ts'
import type * as m51 from '../../../engine/src/inventory/overview.ts'
import type * as m52 from '../../../engine/src/inventory/summary.ts'
import type * as m53 from '../../../engine/src/jobs/queries.ts'
import type * as m54 from '../../../engine/src/network/mac-pool/queries.ts'
import type * as m55 from '../../../engine/src/compute/nic/queries.ts'
import type * as m56 from '../../../engine/src/identity/users.ts'
import type * as m57 from '../../../engine/src/inventory/scheduling-policy/queries.ts'
import type * as m58 from '../../../engine/src/storage/domain/queries.ts'
import type * as m59 from '../../../engine/src/inventory/tag/queries.ts'
import type * as m60 from '../../../engine/src/compute/template/queries.ts'
import type * as m61 from '../../../engine/src/compute/vm/explain.ts'
import type * as m62 from '../../../engine/src/compute/vm/queries.ts'
import type * as m63 from '../../../engine/src/network/vnic-profile/queries.ts'

/** A value as JSON carries it: dates are texts, what is undefined is not there. */
export type Json<T> = T extends Date
  ? string
  : T extends string | number | boolean | null | undefined
    ? T
    : unknown extends T
      ? T
      : T extends readonly (infer E)[]
        ? Json<E>[]
        : T extends object
          ? { [K in keyof T as T[K] extends (...args: never[]) => unknown ? never : K]: Json<T[K]> }
          : never

/** What is undefined travels as null at the top. */
type Result<T> = [T] extends [void] ? null : Json<T>

// The parameters of definitions are used with their own schemas only.
// oxlint-disable-next-line typescript/no-explicit-any
type Wire<D> = D extends Operation<any, infer O, infer I> | Query<any, infer O, infer I>
  ? { input: Omit<Json<I>, 'search'>; output: Result<O> }
  : never

/** Operations by name. */
export interface NativeOperations {
  'affinityGroup.add': Wire<typeof m1.add>
  'affinityGroup.addMember': Wire<typeof m1.addMember>
  'affinityGroup.remove': Wire<typeof m1.remove>
  'affinityGroup.removeMember': Wire<typeof m1.removeMember>
  'affinityGroup.update': Wire<typeof m1.update>
  'affinityLabel.add': Wire<typeof m2.add>
  'affinityLabel.assign': Wire<typeof m2.assign>
  'affinityLabel.remove': Wire<typeof m2.remove>
  'affinityLabel.unassign': Wire<typeof m2.unassign>
  'affinityLabel.update': Wire<typeof m2.update>
  'cdrom.update': Wire<typeof m3.update>
  'cluster.add': Wire<typeof m4.add>
  'cluster.remove': Wire<typeof m4.remove>
  'cluster.reportUpgrade': Wire<typeof m5.report>
  'cluster.update': Wire<typeof m4.update>
  'cluster.upgrade': Wire<typeof m5.upgrade>
  'clusterNetwork.attach': Wire<typeof m6.attach>
  'clusterNetwork.detach': Wire<typeof m6.detach>
  'clusterNetwork.update': Wire<typeof m6.updateInCluster>
  'console.ticket': Wire<typeof m7.ticket>
  'dataCenter.add': Wire<typeof m8.add>
  'dataCenter.remove': Wire<typeof m8.remove>
  'dataCenter.update': Wire<typeof m8.update>
  'disk.add': Wire<typeof m9.add>
  'disk.remove': Wire<typeof m9.remove>
  'disk.update': Wire<typeof m9.update>
  'diskAttachment.add': Wire<typeof m10.add>
  'diskAttachment.remove': Wire<typeof m10.remove>
  'diskAttachment.update': Wire<typeof m10.update>
  'fenceAgent.add': Wire<typeof m11.addAgent>
  'fenceAgent.remove': Wire<typeof m11.removeAgent>
  'fenceAgent.update': Wire<typeof m11.updateAgent>
  'host.activate': Wire<typeof m12.activate>
  'host.add': Wire<typeof m12.add>
  'host.deactivate': Wire<typeof m12.deactivate>
  'host.enrollCertificate': Wire<typeof m13.enrollCertificate>
  'host.fence': Wire<typeof m11.fence>
  'host.forceSelectSpm': Wire<typeof m12.forceSelectSpm>
  'host.install': Wire<typeof m12.install>
  'host.joinToken': Wire<typeof m14.joinToken>
  'host.refresh': Wire<typeof m12.refresh>
  'host.register': Wire<typeof m12.register>
  'host.remove': Wire<typeof m12.remove>
  'host.update': Wire<typeof m12.update>
  'host.upgrade': Wire<typeof m13.upgrade>
  'host.upgradeCheck': Wire<typeof m13.upgradeCheck>
  'imageTransfer.add': Wire<typeof m15.add>
  'imageTransfer.cancel': Wire<typeof m15.cancel>
  'imageTransfer.extend': Wire<typeof m15.extend>
  'imageTransfer.finalize': Wire<typeof m15.finalize>
  'imageTransfer.pause': Wire<typeof m15.pause>
  'imageTransfer.resume': Wire<typeof m15.resume>
  'job.abandon': Wire<typeof m16.abandonJob>
  'job.cancel': Wire<typeof m16.cancelJob>
  'job.retry': Wire<typeof m16.retryJob>
  'network.add': Wire<typeof m6.add>
  'network.remove': Wire<typeof m6.remove>
  'network.update': Wire<typeof m6.update>
  'nic.add': Wire<typeof m17.add>
  'nic.remove': Wire<typeof m17.remove>
  'nic.update': Wire<typeof m17.update>
  'permission.add': Wire<typeof m18.addPermission>
  'permission.remove': Wire<typeof m18.removePermission>
  'preference.set': Wire<typeof m19.setPreference>
  'role.add': Wire<typeof m20.addRole>
  'role.remove': Wire<typeof m20.removeRole>
  'role.update': Wire<typeof m20.updateRole>
  'schedulingPolicy.add': Wire<typeof m21.add>
  'schedulingPolicy.remove': Wire<typeof m21.remove>
  'schedulingPolicy.update': Wire<typeof m21.update>
  'session.end': Wire<typeof m22.endOneSession>
  'storageDomain.activate': Wire<typeof m23.activate>
  'storageDomain.add': Wire<typeof m23.add>
  'storageDomain.attach': Wire<typeof m23.attach>
  'storageDomain.deactivate': Wire<typeof m23.deactivate>
  'storageDomain.detach': Wire<typeof m23.detach>
  'storageDomain.remove': Wire<typeof m23.remove>
  'storageDomain.update': Wire<typeof m23.update>
  'tag.add': Wire<typeof m24.add>
  'tag.assign': Wire<typeof m24.assign>
  'tag.remove': Wire<typeof m24.remove>
  'tag.unassign': Wire<typeof m24.unassign>
  'tag.update': Wire<typeof m24.update>
  'user.add': Wire<typeof m25.addUser>
  'user.password': Wire<typeof m25.setPassword>
  'user.remove': Wire<typeof m25.removeUser>
  'user.update': Wire<typeof m25.updateUser>
  'vm.add': Wire<typeof m26.add>
  'vm.cancel_migration': Wire<typeof m27.cancelMigration>
  'vm.migrate': Wire<typeof m27.migrate>
  'vm.reboot': Wire<typeof m28.reboot>
  'vm.remove': Wire<typeof m29.remove>
  'vm.reset': Wire<typeof m28.reset>
  'vm.shutdown': Wire<typeof m28.shutdown>
  'vm.start': Wire<typeof m28.start>
  'vm.stop': Wire<typeof m28.stop>
  'vm.suspend': Wire<typeof m28.suspend>
  'vm.update': Wire<typeof m29.update>
  'vnicProfile.add': Wire<typeof m30.add>
  'vnicProfile.remove': Wire<typeof m30.remove>
  'vnicProfile.update': Wire<typeof m30.update>
}

/** Queries by name. */
export interface NativeQueries {
  'affinityGroup.list': Wire<typeof m31.groups>
  'affinityLabel.list': Wire<typeof m31.labels>
  'cdrom.list': Wire<typeof m32.list>
  'cluster.cpu': Wire<typeof m33.cpu>
  'cluster.list': Wire<typeof m34.list>
  'cluster.now': Wire<typeof m35.now>
  'cluster.plan': Wire<typeof m36.plan>
  'cluster.search': Wire<ReturnType<typeof searches.searchOf>>
  'clusterNetwork.list': Wire<typeof m37.clusterNetworks>
  'console.list': Wire<typeof m38.list>
  'dataCenter.list': Wire<typeof m39.list>
  'dataCenter.search': Wire<ReturnType<typeof searches.searchOf>>
  'disk.list': Wire<typeof m40.list>
  'disk.search': Wire<ReturnType<typeof searches.searchOf>>
  'disk.statistics': Wire<typeof m41.diskStatistics>
  'diskAttachment.list': Wire<typeof m42.list>
  'event.list': Wire<typeof m43.list>
  'event.search': Wire<typeof m43.searchEvents>
  'fenceAgent.list': Wire<typeof m44.list>
  'host.drainPlan': Wire<typeof m45.drain>
  'host.fingerprint': Wire<typeof m46.fingerprint>
  'host.history': Wire<typeof m47.hostHistory>
  'host.list': Wire<typeof m48.list>
  'host.now': Wire<typeof m47.hostNow>
  'host.search': Wire<ReturnType<typeof searches.searchOf>>
  'host.statistics': Wire<typeof m41.hostStatistics>
  'imageTransfer.list': Wire<typeof m49.list>
  'invariants': Wire<typeof m50.invariants>
  'inventory.counts': Wire<typeof m51.counts>
  'inventory.now': Wire<typeof m51.now>
  'inventory.summary': Wire<typeof m52.summary>
  'job.list': Wire<typeof m53.list>
  'job.steps': Wire<typeof m53.stepsOf>
  'macPool.list': Wire<typeof m54.list>
  'network.list': Wire<typeof m37.list>
  'network.search': Wire<ReturnType<typeof searches.searchOf>>
  'nic.list': Wire<typeof m55.list>
  'nic.statistics': Wire<typeof m41.nicStatistics>
  'permission.list': Wire<typeof m18.listPermissions>
  'preference.list': Wire<typeof m19.listPreferences>
  'role.list': Wire<typeof m56.listRoles>
  'schedulingPolicy.list': Wire<typeof m57.list>
  'schedulingPolicy.units': Wire<typeof m57.units>
  'session.list': Wire<typeof m22.listSessions>
  'storageDomain.files': Wire<typeof m58.files>
  'storageDomain.list': Wire<typeof m58.list>
  'storageDomain.search': Wire<ReturnType<typeof searches.searchOf>>
  'tag.assignments': Wire<typeof m59.assignments>
  'tag.list': Wire<typeof m59.list>
  'template.list': Wire<typeof m60.list>
  'template.search': Wire<ReturnType<typeof searches.searchOf>>
  'user.list': Wire<typeof m56.listUsers>
  'user.search': Wire<ReturnType<typeof searches.searchOf>>
  'user.self': Wire<typeof m56.whoAmI>
  'vm.explain': Wire<typeof m61.explain>
  'vm.history': Wire<typeof m47.vmHistory>
  'vm.list': Wire<typeof m62.list>
  'vm.now': Wire<typeof m47.vmNow>
  'vm.reportedDevices': Wire<typeof m55.reportedDevices>
  'vm.search': Wire<ReturnType<typeof searches.searchOf>>
  'vm.statistics': Wire<typeof m41.vmStatistics>
  'vnicProfile.list': Wire<typeof m63.list>
}
