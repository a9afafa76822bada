import type { DomainModule } from '../core/registry.ts'
import { hostHistory, hostNow, vmHistory, vmNow } from './live.ts'
import { diskStatistics, hostStatistics, nicStatistics, vmStatistics } from './queries.ts'
import { samplesReconciler } from './samples.ts'

/** Current numbers of hosts and VMs, those of the last hours, and the ledger of usage. */
export const metering: DomainModule = {
  name: 'metering',
  operations: [],
  queries: [hostStatistics, vmStatistics, diskStatistics, nicStatistics, vmNow, hostNow, vmHistory, hostHistory],
  jobs: [],
  reconcilers: [samplesReconciler],
}
