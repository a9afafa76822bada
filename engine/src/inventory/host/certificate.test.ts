import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type EngineDatabase, engineDatabase } from '../../../test/database.ts'
import { testEnv } from '../../../test/env.ts'
import { site } from '../../../test/site.ts'
import { readCtx } from '../../core/call.ts'
import { certificatesReconciler, renewDays } from './certificate.ts'

let database: EngineDatabase
before(async () => void (database = await engineDatabase()))
after(() => database.close())

test('a certificate is renewed before it ends, once, on a host that answers; an unknown one is left alone (R75)', async () => {
  const { sql } = database.db
  const { host } = await site(database)
  const look = async (days: number | null, status: string) => {
    await sql`update host set status = ${status}, certificate_until = now() + make_interval(days => ${days}) where id = ${host}::uuid`
    await certificatesReconciler.run(readCtx(testEnv(database)))
    const jobs = await sql<{ id: string }>`select id from job where kind = 'host.enrollCertificate'`
    return jobs.length
  }
  assert.equal(await look(null, 'up'), 0)
  assert.equal(await look(renewDays + 1, 'up'), 0)
  assert.equal(await look(renewDays - 1, 'non_responsive'), 0)
  assert.equal(await look(renewDays - 1, 'up'), 1)
  assert.equal(await look(renewDays - 1, 'up'), 1, 'one is under way')
  await sql`delete from job_lock`
  assert.equal(await look(-1, 'maintenance'), 1, 'what has failed waits for some hours')
  await sql`update job set created_at = now() - interval '1 day'`
  assert.equal(await look(-1, 'maintenance'), 2)
})
