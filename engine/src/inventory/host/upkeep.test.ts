import assert from 'node:assert/strict'
import { join } from 'node:path'
import { pretendedUntil } from '../../../test/pretended-outside.ts'
import { aHost } from '../../../test/entities.ts'
import { jobSurvives } from '../../../test/survive.ts'
import type { World } from '../../../test/survive-world.ts'
import { call } from '../../core/call.ts'
import { json } from '../../db/index.ts'
import { enrollHostCertificate } from './certificate.ts'
import { checkHostUpgrade, upgradeHost } from './upgrade.ts'
import * as upkeep from './upkeep.ts'

const world = { hosts: 1, moduleFiles: [join(import.meta.dirname, '../../../test/pretended-outside.ts')] }

interface Given {
  id: string
}

const standing = ({ sql }: World, { id }: Given) =>
  sql.one<{ until: Date | null; updateAvailable: boolean }>`
    select certificate_until as until, update_available from host where id = ${id}::uuid`

/** A host that the engine can sign in to, of which nothing is known yet. */
async function given(w: World): Promise<Given> {
  const { id } = await aHost(w)
  const ssh = { port: 22, user: 'root', fingerprint: null }
  await w.sql`update host set ssh = ${json(ssh)}, certificate_until = null, update_available = false where id = ${id}::uuid`
  return { id }
}
const cleanup = async (w: World, { id }: Given) =>
  void (await w.sql`update host set ssh = null, certificate_until = null, update_available = false where id = ${id}::uuid`)

jobSurvives(enrollHostCertificate, {
  world,
  given,
  start: async (w, { id }) => (await call(w.env, upkeep.enrollCertificate, { id })).jobId,
  afterDone: async (w, g) => assert.deepEqual((await standing(w, g)).until, pretendedUntil),
  // The certificate that the host has is good as long as it was.
  afterUndo: async (w, g) => assert.equal((await standing(w, g)).until, null),
  cleanup,
})

jobSurvives(checkHostUpgrade, {
  world,
  given,
  start: async (w, { id }) => (await call(w.env, upkeep.upgradeCheck, { id })).jobId,
  afterDone: async (w, g) => assert.equal((await standing(w, g)).updateAvailable, true),
  afterUndo: async (w, g) => assert.equal((await standing(w, g)).updateAvailable, false),
  cleanup,
})

jobSurvives(upgradeHost, {
  world,
  given: async w => {
    const made = await given(w)
    await w.sql`update host set update_available = true where id = ${made.id}::uuid`
    return made
  },
  start: async (w, { id }) => (await call(w.env, upkeep.upgrade, { id })).jobId,
  afterDone: async (w, g) => assert.equal((await standing(w, g)).updateAvailable, false),
  afterUndo: async (w, g) => assert.equal((await standing(w, g)).updateAvailable, true),
  cleanup,
})
