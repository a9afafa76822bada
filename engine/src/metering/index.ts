import type { DomainModule } from '../core/registry.ts'
import { diskStatistics, hostStatistics, nicStatistics, vmStatistics } from './queries.ts'

/** Current numbers of hosts and VMs, and the ledger of usage. */
export const metering: DomainModule = {
  name: 'metering',
  operations: [],
  queries: [hostStatistics, vmStatistics, diskStatistics, nicStatistics],
  jobs: [],
  reconcilers: [],
}
