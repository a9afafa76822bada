import { affinityRoutes } from './affinity/affinity-routes.ts'
import { cdromRoutes } from './cdroms/cdrom-routes.ts'
import { clusterRoutes } from './clusters/cluster-routes.ts'
import { consoleRoutes } from './consoles/console-routes.ts'
import { dataCenterRoutes } from './data-centers/data-center-routes.ts'
import { attachmentRoutes } from './disk-attachments/attachment-routes.ts'
import { diskRoutes } from './disks/disk-routes.ts'
import { emptyRoutes } from './empty/empty-routes.ts'
import { historyRoutes } from './history/history-routes.ts'
import { hostRoutes } from './hosts/host-routes.ts'
import { identityRoutes } from './identity/identity-routes.ts'
import type { Route } from './kernel/route.ts'
import { networkRoutes } from './networks/network-routes.ts'
import { nicRoutes } from './nics/nic-routes.ts'
import { schedulingRoutes } from './scheduling/scheduling-routes.ts'
import { rootRoutes } from './root/root-routes.ts'
import { storageDomainRoutes } from './storage-domains/storage-domain-routes.ts'
import { tagRoutes } from './tags/tag-routes.ts'
import { templateRoutes } from './templates/template-routes.ts'
import { transferRoutes } from './transfers/transfer-routes.ts'
import { vmRoutes } from './vms/vm-routes.ts'

/** Every route of the API; the completeness test counts this table. */
export const routes: readonly Route[] = [
  ...rootRoutes,
  ...dataCenterRoutes,
  ...clusterRoutes,
  ...schedulingRoutes,
  ...affinityRoutes,
  ...hostRoutes,
  ...storageDomainRoutes,
  ...diskRoutes,
  ...transferRoutes,
  ...networkRoutes,
  ...templateRoutes,
  ...vmRoutes,
  ...attachmentRoutes,
  ...nicRoutes,
  ...cdromRoutes,
  ...consoleRoutes,
  ...tagRoutes,
  ...identityRoutes,
  ...historyRoutes,
  ...emptyRoutes,
]
