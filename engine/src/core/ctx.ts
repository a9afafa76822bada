import type { JobId, UserId } from '@rookery/model'
import type { Db, Sql } from '../db/index.ts'
import type { EventDetails, EventName } from '../events/catalog.ts'
import type { HostClient } from '../jobs/host-port.ts'
import type { JobDefinition } from '../jobs/job.ts'
import type { OutsidePort } from '../jobs/outside-port.ts'
import type { EntityKind, Ref } from './kinds.ts'
import type { Logger } from './log.ts'
import type { Scope } from './scope.ts'
import type { Secrets } from './secrets.ts'

/** Who is asking. */
export interface Actor {
  readonly kind: 'user' | 'system'
  readonly userId: UserId
  /** As oVirt writes it: `admin@internal-authz`. */
  readonly name: string
  /** Holds an administrative role on some object. */
  readonly admin: boolean
  /** Holds a permission on the system that lets one see everything below it; `visible` is then the whole table. */
  readonly everything: boolean
  readonly sessionId?: string
  /** The `Filter` of the request: lists as an ordinary user. Visibility comes from permissions either way. */
  readonly filter: boolean
}

/** What a job is started with, beside its input. */
export interface StartOptions {
  /** Entities that it is about, when they differ from the definition's own. */
  refs?: readonly Ref[]
  /** Waits for the holders of its locks instead of a conflict, if all of them are of these kinds; they are cancelled. */
  preempts?: readonly string[]
}

/** A plain value that goes first into every operation and query: who asks, the transaction, and what may be done in it. */
export interface Ctx {
  /** In an operation the transaction; in a query or a reconciler each statement by itself. */
  readonly sql: Sql
  readonly actor: Actor
  readonly now: Date
  readonly log: Logger
  readonly correlationId: string
  /** This installation, as domains' metadata names it. */
  readonly engineId: string
  /** The same surroundings without the transaction; for `waitForJob` and for calls that must not share it. */
  readonly env: Env
  /** Inserts the job and its locks in this transaction. A lock that is held → `conflict` `job.locked`. */
  start<I>(job: JobDefinition<I>, input: I, options?: StartOptions): Promise<{ jobId: JobId }>
  /** A line of history, written in this transaction. */
  event(name: EventName, details: EventDetails): void
  /** This entity looks different now: feeds live pages and wakes reconcilers. For `gone` call it before the delete. */
  changed(kind: EntityKind, id: string, options?: { gone?: boolean }): void
  /** What is collected until the commit; absent outside a transaction. */
  readonly scope?: Scope
}

/** Where a request runs: everything of `Ctx` that exists before there is a transaction. */
export interface Env {
  readonly db: Db
  readonly actor: Actor
  readonly log: Logger
  readonly correlationId: string
  readonly engineId: string
  /** Seals passwords that the engine has to know again; absent in tests that keep none. */
  readonly secrets?: Secrets
  /** Hears the notifications of all engines; absent in tests that need none. */
  readonly hear?: (topic: string, hear: (rest: string) => void) => () => void
  /** The way to hosts, for reads that say what is there now; absent in tests that have no hosts. Tasks are sent by jobs alone. */
  readonly hosts?: { client(hostId: string): Promise<Pick<HostClient, 'inventory'>> }
  /** Asks a machine for its key, for reads; absent in tests that have no machines. What changes a machine is a job. */
  readonly hostKey?: OutsidePort['hostKey']
}

/** The actor of reconcilers, reports and start-up. */
export const systemActor: Actor = {
  kind: 'system',
  userId: '00000000-0000-0000-0000-000000000000' as UserId,
  name: 'SYSTEM',
  admin: true,
  everything: true,
  filter: false,
}
