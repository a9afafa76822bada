import type { DomainModule } from '../core/registry.ts'
import { invariants as query } from './queries.ts'

/** What compares all that the domains own with what hosts have; it changes nothing. */
export const invariants: DomainModule = {
  name: 'invariants',
  operations: [],
  queries: [query],
  jobs: [],
  reconcilers: [],
}
