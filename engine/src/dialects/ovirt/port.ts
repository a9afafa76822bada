import { readFile } from 'node:fs/promises'
import { RookeryError } from '@rookery/model'
import type { EngineHandle } from '../../engine.ts'
import { login, splitUserName } from '../../identity/login.ts'
import { endSessionOf, sessionOf } from '../../identity/sessions.ts'
import type { OvirtPort } from './kernel/services.ts'

/** Joins the dialect to a running engine. */
export async function ovirtPort(engine: EngineHandle, version: string): Promise<OvirtPort> {
  const { config, db } = engine
  const [caPem, certificatePem] = await Promise.all([
    readFile(config.tls.ca, 'utf8'),
    readFile(config.tls.cert, 'utf8'),
  ])
  return {
    services: { caPem, certificatePem, fqdn: config.fqdn, version, instanceId: config.engineId },
    async signIn({ user, password }, o) {
      const { token } = await login(engine.env(), { ...splitUserName(user), password, ...o })
      const { actor } = await sessionOf(db, token)
      return { token, actor, expiresAt: null }
    },
    async actorOf(token) {
      try {
        const session = await sessionOf(db, token)
        return { ...session.actor, csrf: session.csrf }
      } catch (error) {
        if (error instanceof RookeryError && error.kind === 'unauthenticated') return undefined
        throw error
      }
    },
    async signOut(token) {
      await endSessionOf(db, token)
    },
    envFor: (actor, correlationId) => engine.env(actor, correlationId),
    async healthy() {
      try {
        await db.sql`select 1`
        return true
      } catch {
        // The page's whole message is that the database does not answer; the log of the pool says why.
        return false
      }
    },
  }
}
