import { randomBytes, randomUUID } from 'node:crypto'
import type { UserId } from '@rookery/model'
import { type Actor, type Env, systemActor } from '../src/core/ctx.ts'
import { silent } from '../src/core/log.ts'
import { secretsWith } from '../src/core/secrets.ts'
import type { EngineDatabase } from './database.ts'

const testKey = randomBytes(32)
const testSecrets = secretsWith(async () => testKey)

/** The surroundings of a call in a test, without an engine around it. */
export function testEnv(
  { db, notifications }: Pick<EngineDatabase, 'db' | 'notifications'>,
  actor: Actor = systemActor,
): Env {
  return {
    db,
    actor,
    log: silent,
    correlationId: randomUUID(),
    engineId: '00000000-0000-4000-8000-00000000e2e1',
    hear: (topic, hear) => notifications.on(topic, hear),
    hostKey: async () => ({ fingerprint: `SHA256:${'A'.repeat(43)}`, type: 'ssh-ed25519' }),
    secrets: testSecrets,
  }
}

/** A user with a row in the database; permissions are given with `grant`. */
export async function testUser(
  { db }: Pick<EngineDatabase, 'db'>,
  name = `user-${randomUUID().slice(0, 8)}`,
): Promise<Actor> {
  const userId = randomUUID() as UserId
  await db.sql`insert into users (id, name) values (${userId}::uuid, ${name})`
  return { kind: 'user', userId, name: `${name}@internal-authz`, admin: false, everything: false, filter: false }
}
