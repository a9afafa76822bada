import type { DomainModule } from '../core/registry.ts'
import { fragment } from '../db/index.ts'
import { searchOf } from '../search/index.ts'
import { createDisk } from './disk/create.ts'
import { describeDisk } from './disk/describe.ts'
import { extendDisk } from './disk/extend.ts'
import * as disk from './disk/operations.ts'
import { list as diskList } from './disk/queries.ts'
import { disksReconciler } from './disk/reconcile.ts'
import { removeDisk } from './disk/remove.ts'
import { activateDomain } from './domain/activate.ts'
import { attachDomain } from './domain/attach.ts'
import { createDomain } from './domain/create.ts'
import { deactivateDomain } from './domain/deactivate.ts'
import { detachDomain } from './domain/detach.ts'
import { formatDomain } from './domain/format.ts'
import * as domain from './domain/operations.ts'
import * as domainQueries from './domain/queries.ts'
import { diskFields, storageDomainFields } from './search-fields.ts'
import { cancelTransfer } from './transfer/cancel.ts'
import { finalizeTransfer } from './transfer/finalize.ts'
import { closeTransfer, openTransfer, renewTransfer } from './transfer/open.ts'
import * as transfer from './transfer/operations.ts'
import { list as transferList } from './transfer/queries.ts'
import { transfersReconciler } from './transfer/reconcile.ts'

/** Storage domains, disks, image transfers, and who serves a data center's storage. */
export const storage: DomainModule = {
  name: 'storage',
  operations: [...Object.values(domain), disk.add, disk.update, disk.remove, ...Object.values(transfer)],
  queries: [
    domainQueries.list,
    domainQueries.files,
    diskList,
    transferList,
    searchOf('storageDomain', 'storage_domain', storageDomainFields, fragment`v.name, v.id`),
    searchOf('disk', 'disk', diskFields, fragment`v.alias, v.id`),
  ],
  jobs: [
    createDomain,
    attachDomain,
    activateDomain,
    deactivateDomain,
    detachDomain,
    formatDomain,
    createDisk,
    removeDisk,
    extendDisk,
    describeDisk,
    openTransfer,
    renewTransfer,
    closeTransfer,
    cancelTransfer,
    finalizeTransfer,
  ],
  reconcilers: [disksReconciler, transfersReconciler],
}
