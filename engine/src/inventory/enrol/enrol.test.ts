import assert from 'node:assert/strict'
import { createPrivateKey, randomUUID, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { makeRequest } from '@rookery/pki/x509'
import type { EnrolmentAnswer, EnrolmentRequest } from '@rookery/protocol'
import { type EngineDatabase, engineDatabase } from '../../../test/database.ts'
import { startTestEngine, type TestEngine } from '../../../test/engine.ts'
import { call } from '../../core/call.ts'
import { joinToken } from './join-token.ts'

let database: EngineDatabase
let engine: TestEngine
let clusterId = ''
before(async () => {
  database = await engineDatabase()
  engine = await startTestEngine(database)
  clusterId = (await database.db.sql.one<{ id: string }>`select id from cluster where name = 'Default'`).id
})
after(async () => {
  await engine.stop()
  await database.close()
})

let number = 10

/** A machine with a key of its own, and how it asks. */
async function machine(o: Partial<EnrolmentRequest> = {}) {
  const { key, request } = await makeRequest('whatever')
  const n = number++
  const own = {
    request,
    hostUuid: randomUUID(),
    hostname: `machine-${n}`,
    address: `10.9.8.${n}`,
    port: 54_321,
    agentVersion: '0.1.0',
    ...o,
  }
  return {
    key,
    own,
    ask: (secret: string, change: Partial<EnrolmentRequest> = {}) =>
      engine.http('POST', '/api/enroll', { body: { token: secret, ...own, now: Date.now(), ...change } }),
  }
}

const env = () => engine.engine.handle.env()
async function token(o: { name?: string } = {}): Promise<{ secret: string; content: { u: string; f: string } }> {
  const made = await call(env(), joinToken, { clusterId, ...o })
  const content = JSON.parse(Buffer.from(made.token, 'base64url').toString()) as { u: string; f: string; t: string }
  assert.equal(made.command, `rookery-agent join ${made.token}`)
  return { secret: content.t, content }
}
const refused = (answer: Awaited<ReturnType<TestEngine['http']>>, status: number, code: string) =>
  assert.deepEqual([answer.status, answer.json?.error?.code], [status, code], answer.text)

test('a machine that shows a join token becomes a host, with a certificate for the key that it kept (R9, R75)', async () => {
  const { secret, content } = await token({ name: 'node1' })
  const ca = await readFile(engine.engine.handle.config.agentTls.ca, 'utf8')
  assert.equal(content.f, new X509Certificate(ca).fingerprint256)
  const one = await machine()
  const answer = await one.ask(secret)
  assert.equal(answer.status, 200, answer.text)
  const said = answer.json as EnrolmentAnswer
  assert.equal(said.name, 'node1')
  assert.equal(said.engineId, engine.engine.handle.config.engineId)
  const read = new X509Certificate(said.certificate)
  assert.ok(read.checkPrivateKey(createPrivateKey(one.key)))
  assert.ok(read.verify(new X509Certificate(ca).publicKey))
  assert.match(read.subject, new RegExp(`CN=host ${said.hostId}`))
  assert.equal(read.subjectAltName, `DNS:node1, IP Address:${one.own.address}`)
  const row = await database.db.sql.one<{ url: string; hostUuid: string; until: Date; clusterId: string }>`
    select url, host_uuid, certificate_until as until, cluster_id from host where id = ${said.hostId}::uuid`
  assert.deepEqual(row, {
    url: `https://${one.own.address}:54321`,
    hostUuid: one.own.hostUuid,
    until: read.validToDate,
    clusterId,
  })
  const event = await database.db.sql`select 1 from event where code = 828 and message like '%node1%'`
  assert.equal(event.length, 1)
})

test('an answer that was lost can be asked for again, by the same machine alone', async () => {
  const { secret } = await token()
  const one = await machine()
  const first = (await one.ask(secret)).json as EnrolmentAnswer
  const again = (await one.ask(secret)).json as EnrolmentAnswer
  assert.equal(again.hostId, first.hostId)
  refused(await (await machine()).ask(secret), 409, 'host.join.used')
})

test('a token that is unknown or too old opens nothing', async () => {
  const one = await machine()
  refused(await one.ask('x'.repeat(43)), 401, 'host.join.token')
  const { secret } = await token()
  await database.db.sql`update join_token set expires_at = now() - interval '1 second' where used_at is null`
  refused(await one.ask(secret), 401, 'host.join.expired')
})

test('the same machine, its address and a name are each taken once', async () => {
  const one = await machine()
  assert.equal((await one.ask((await token({ name: 'taken' })).secret)).status, 200)
  refused(await one.ask((await token()).secret), 409, 'host.already_added')
  refused(await (await machine({ address: one.own.address })).ask((await token()).secret), 409, 'host.address_taken')
  const { secret } = await token({ name: 'TAKEN' })
  refused(await (await machine()).ask(secret), 409, 'host.name_taken')
  // What was refused has not used the token up.
  await database.db.sql`update host set name = 'renamed' where name = 'taken'`
  assert.equal((await (await machine()).ask(secret)).status, 200)
})

test('a clock that is off is told before anything is changed, with how much', async () => {
  const { secret } = await token()
  const one = await machine()
  const answer = await one.ask(secret, { now: Date.now() + 3_600_000 })
  refused(answer, 400, 'host.join.clock')
  assert.match(answer.json.error.message, /3600 seconds ahead/)
  assert.equal((await one.ask(secret)).status, 200)
})

test('what is no certificate request, and what is no address, is refused', async () => {
  const { secret } = await token()
  refused(await (await machine({ request: 'nothing' })).ask(secret), 400, 'certificate.request')
  assert.equal((await (await machine({ address: 'a b' })).ask(secret)).status, 400)
  assert.equal((await (await machine({ address: 'x"]/' })).ask(secret)).status, 400)
})

test('no name of a host stands for the engine, and nothing keeps the secret', async () => {
  const { secret } = await token({ name: 'rookery-engine' })
  const said = (await (await machine()).ask(secret)).json as EnrolmentAnswer
  assert.doesNotMatch(new X509Certificate(said.certificate).subject, /CN=rookery-engine/)
  const rows = await database.db.sql<{ text: string }>`
    select x::text as text from join_token x union all select x::text from event x union all select x::text from host x`
  assert.ok(rows.length > 0 && rows.every(row => !row.text.includes(secret)))
})
