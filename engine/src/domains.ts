import { compute } from './compute/index.ts'
import type { DomainModule } from './core/registry.ts'
import { identity } from './identity/index.ts'
import { invariants } from './invariants/index.ts'
import { inventory } from './inventory/index.ts'
import { metering } from './metering/index.ts'
import { network } from './network/index.ts'
import { storage } from './storage/index.ts'

/** Every domain of this release; identity first, since the others stand on it. */
export const allDomains = (): DomainModule[] => [identity, inventory, storage, network, compute, metering, invariants]
