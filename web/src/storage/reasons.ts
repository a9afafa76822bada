import { diskCan, storageDomainCan } from '@rookery/model'
import type { DiskRow, StorageDomainRow } from '../api/rows.ts'
import { useReason } from '../templates/use-reason.ts'

/** From which statuses an action on a storage domain works; the engine asks the same. */
const domainRules = {
  activate: storageDomainCan.activate.from,
  maintenance: storageDomainCan.deactivate.from,
  use: storageDomainCan.use.from,
} as const
export type DomainAction = keyof typeof domainRules

/** Says why an action cannot be done with a storage domain now; undefined when it can. */
export function useDomainReason(): (action: DomainAction, domain: StorageDomainRow) => string | undefined {
  const reason = useReason()
  return (action, domain) => reason('storageDomain', domainRules[action], domain, ['unknown'])
}

/** From which statuses an action on a disk works; the engine asks the same. */
const diskRules = {
  edit: diskCan.use.from,
  resize: diskCan.extend.from,
  remove: diskCan.remove.from,
} as const
export type DiskAction = keyof typeof diskRules

/** Says why an action cannot be done with a disk now; undefined when it can. */
export function useDiskReason(): (action: DiskAction, disk: DiskRow) => string | undefined {
  const reason = useReason()
  return (action, disk) => reason('disk', diskRules[action], { name: disk.alias, status: disk.status })
}
