import type { Actor, Env } from '../../../core/ctx.ts'

/** Facts of this installation that answers carry. */
export interface Services {
  /** The CA certificate in PEM. */
  caPem: string
  /** The engine's own certificate in PEM. */
  certificatePem: string
  /** Name or address under which native viewers and image clients reach us. */
  fqdn: string
  /** This release, for `product_info`. */
  version: string
  /** This installation's id. */
  instanceId: string
}

/** What a client proves who it is with. */
export interface Credentials {
  /** `name@profile`; split at the last `@`. */
  user: string
  password: string
}

/** A session that was made. */
export interface SignedIn {
  token: string
  actor: Actor
  /** Null: as long as it is used. */
  expiresAt: Date | null
}

/** What the dialect needs of identity and of the engine around it. */
export interface OvirtPort {
  services: Services
  /** Throws `unauthenticated` for wrong credentials and `unavailable` when too many were tried. */
  signIn(
    credentials: Credentials,
    o: { scope: string; kind: 'sso' | 'basic' | 'cookie'; address: string; csrf?: boolean; idleSeconds?: number },
  ): Promise<SignedIn>
  /** Who the token stands for; undefined when it is unknown, idle for too long or ended. Counts as use. */
  actorOf(token: string): Promise<(Actor & { csrf?: boolean }) | undefined>
  /** Ends the session and all that hangs on it; content when there is none. */
  signOut(token: string): Promise<void>
  /** Where a request of this actor runs. */
  envFor(actor: Actor, correlationId: string): Env
  /** Whether the database answers, for the health page. */
  healthy(): Promise<boolean>
}
