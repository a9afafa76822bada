import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { pretendedFingerprint } from '../../../test/pretended-outside.ts'
import { jobSurvives } from '../../../test/survive.ts'
import type { World } from '../../../test/survive-world.ts'
import { call } from '../../core/call.ts'
import { installHost } from './install.ts'
import * as host from './operations.ts'

interface Given {
  id: string
  jobId: string
}

const standing = ({ sql }: World, { id }: Given) =>
  sql.one<{ status: string; hostUuid: string | null; fingerprint: string | null; secrets: number }>`
    select status, host_uuid, ssh ->> 'fingerprint' as fingerprint,
           (select count(*) from host_secret s where s.host_id = h.id)::int as secrets
      from host h where id = ${id}::uuid`

jobSurvives(installHost, {
  world: { hosts: 0, moduleFiles: [join(import.meta.dirname, '../../../test/pretended-outside.ts')] },
  given: async (): Promise<Given> => ({ id: '', jobId: '' }),
  start: async (world, given) => {
    const name = `h-${randomUUID().slice(0, 8)}`
    const made = await call(world.env, host.add, { name, address: `${name}.invalid`, ssh: { password: 'p' } })
    Object.assign(given, made)
    return made.jobId
  },
  afterDone: async (world, given) =>
    assert.deepEqual(await standing(world, given), {
      status: 'installing',
      hostUuid: given.id,
      fingerprint: pretendedFingerprint,
      secrets: 0,
    }),
  // What failed is said and can be tried again; no password stays.
  afterUndo: async (world, given) => {
    const now = await standing(world, given)
    assert.deepEqual([now.status, now.secrets], ['install_failed', 0])
  },
  cleanup: async (world, { id }) => void (await world.sql`delete from host where id = ${id}::uuid`),
})
