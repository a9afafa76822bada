import { internal } from '@rookery/model'
import type { EngineHandle } from '../engine.ts'
import type { JobDefinition } from '../jobs/job.ts'
import type { HostPort } from '../jobs/host-port.ts'
import type { OutsidePort } from '../jobs/outside-port.ts'
import type { Reconciler } from '../reconcile/reconciler.ts'
import type { Operation } from './operation.ts'
import type { Query } from './query.ts'

// A list of definitions with different inputs: each is used only with its own schema, so the parameter type may widen.
// oxlint-disable-next-line typescript/no-explicit-any
type Any = any

/** What a domain offers; `src/<domain>/index.ts` exports one under the domain's name. */
export interface DomainModule {
  readonly name: string
  readonly operations: readonly Operation<Any, Any>[]
  readonly queries: readonly Query<Any, Any>[]
  readonly jobs: readonly JobDefinition<Any, Any>[]
  readonly reconcilers: readonly Reconciler[]
  /** How jobs reach hosts; exactly one domain (inventory) has it. */
  readonly hostPort?: (engine: EngineHandle) => HostPort
  /** What jobs can reach beside hosts' agents; one domain (inventory) has it. */
  readonly outside?: (engine: EngineHandle) => OutsidePort
  /** Rows that a fresh installation needs; runs at every start, in every engine, and must be content with what is there. */
  readonly bootstrap?: (engine: EngineHandle) => Promise<void>
  /** After the jobs run and before requests come. */
  readonly start?: (engine: EngineHandle) => Promise<void> | void
  readonly stop?: () => Promise<void> | void
}

/** Everything that this engine knows, by name. */
export interface Registry {
  readonly operations: ReadonlyMap<string, Operation<Any, Any>>
  readonly queries: ReadonlyMap<string, Query<Any, Any>>
  readonly reconcilers: readonly Reconciler[]
  /** By `name@version`. */
  readonly jobs: ReadonlyMap<string, JobDefinition<Any, Any>>
}

/** Collects the domains; a name used twice is a mistake that is told at start. */
export function registry(modules: readonly DomainModule[]): Registry {
  return {
    operations: byName(
      modules.flatMap(m => m.operations),
      o => o.name,
    ),
    queries: byName(
      modules.flatMap(m => m.queries),
      q => q.name,
    ),
    jobs: byName(
      modules.flatMap(m => m.jobs),
      j => `${j.name}@${j.version}`,
    ),
    reconcilers: [
      ...byName(
        modules.flatMap(m => m.reconcilers),
        r => r.name,
      ).values(),
    ],
  }
}

function byName<T>(things: readonly T[], name: (thing: T) => string): ReadonlyMap<string, T> {
  const map = new Map<string, T>()
  for (const thing of things) {
    if (map.has(name(thing))) throw internal('registry.twice', `"${name(thing)}" is defined twice.`)
    map.set(name(thing), thing)
  }
  return map
}
