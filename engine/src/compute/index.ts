import type { DomainModule } from '../core/registry.ts'
import { fragment } from '../db/index.ts'
import { searchOf } from '../search/index.ts'
import * as affinityGroup from './affinity/group-operations.ts'
import * as affinityLabel from './affinity/label-operations.ts'
import { groups as affinityGroups, labels as affinityLabels } from './affinity/queries.ts'
import { plan as clusterPlan } from './balance/power-query.ts'
import { powerReconciler } from './balance/power.ts'
import { balanceReconciler } from './balance/reconcile.ts'
import { changeCd } from './cdrom/change.ts'
import { update as updateCdrom } from './cdrom/operations.ts'
import { list as cdromList } from './cdrom/queries.ts'
import { openConsole } from './console/open.ts'
import { list as consoleList } from './console/queries.ts'
import { ticketsReconciler } from './console/reconcile.ts'
import { ticket } from './console/ticket.ts'
import * as attachment from './disk-attachment/operations.ts'
import { plugDisk, unplugDisk } from './disk-attachment/plug.ts'
import { list as attachmentList } from './disk-attachment/queries.ts'
import { drain } from './migration/drain.ts'
import { migrateVm } from './migration/migrate.ts'
import * as migration from './migration/operations.ts'
import { settleMigration } from './migration/settle.ts'
import * as nic from './nic/operations.ts'
import { plugNic, unplugNic } from './nic/plug.ts'
import * as nicQueries from './nic/queries.ts'
import { templateFields, vmFields } from './search-fields.ts'
import { list as templateList } from './template/queries.ts'
import { explain } from './vm/explain.ts'
import { memoryReconciler, removeMemory } from './vm/memory.ts'
import * as vm from './vm/operations.ts'
import { list as vmList } from './vm/queries.ts'
import { runsReconciler } from './vm/reconcile.ts'
import { restartReconciler } from './vm/restart.ts'
import { removeVm } from './vm/remove.ts'
import { settleVm } from './vm/settle.ts'
import { rebootVm, resetVm, resumeVm, shutdownVm } from './vm/signal.ts'
import { startVm } from './vm/start.ts'
import { stopVm } from './vm/stop.ts'
import { suspendVm } from './vm/suspend.ts'

/** VMs with their disks, cards, CDs and consoles, and templates. */
export const compute: DomainModule = {
  name: 'compute',
  operations: [
    ...Object.values(vm),
    ...Object.values(attachment),
    ...Object.values(nic),
    ...Object.values(affinityGroup),
    ...Object.values(affinityLabel),
    ...Object.values(migration),
    updateCdrom,
    ticket,
  ],
  queries: [
    vmList,
    explain,
    clusterPlan,
    affinityGroups,
    affinityLabels,
    drain,
    attachmentList,
    nicQueries.list,
    nicQueries.reportedDevices,
    cdromList,
    consoleList,
    templateList,
    searchOf('vm', 'vm', vmFields, fragment`v.name, v.id`),
    searchOf('template', 'template', templateFields, fragment`v.name, v.id`),
  ],
  jobs: [
    startVm,
    settleVm,
    stopVm,
    shutdownVm,
    rebootVm,
    resetVm,
    resumeVm,
    suspendVm,
    removeMemory,
    removeVm,
    migrateVm,
    settleMigration,
    plugDisk,
    unplugDisk,
    plugNic,
    unplugNic,
    changeCd,
    openConsole,
  ],
  reconcilers: [
    runsReconciler,
    restartReconciler,
    memoryReconciler,
    balanceReconciler,
    powerReconciler,
    ticketsReconciler,
  ],
}
