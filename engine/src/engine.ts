import type { Actor, Env } from './core/ctx.ts'
import type { Logger } from './core/log.ts'
import type { Registry } from './core/registry.ts'
import type { EngineConfig } from './config.ts'
import type { Db, Notifications } from './db/index.ts'

/** What a running engine gives its domains and dialects. */
export interface EngineHandle {
  readonly config: EngineConfig
  readonly db: Db
  readonly log: Logger
  readonly registry: Registry
  /** This process: its row in `engine`. */
  readonly instanceId: string
  readonly notifications: Notifications
  /** The surroundings of one request of this actor; without an actor those of the engine itself. */
  env(actor?: Actor, correlationId?: string): Env
  /** Which live engine a shared duty falls to (watching host X): the same answer in every engine, until one comes or goes. */
  isMine(duty: string): boolean
  /** Calls back after engines came or went; look at {@link isMine} again. */
  onMembership(changed: () => void): () => void
  /** Aborts when the engine stops. */
  readonly stopping: AbortSignal
}
