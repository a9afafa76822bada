import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:tls'
import { after, before, test } from 'node:test'
import { request } from 'undici'
import { type EngineDatabase, engineDatabase } from '../test/database.ts'
import { adminPassword, sharedTls, startTestEngine, type TestEngine } from '../test/engine.ts'
import { until } from '../test/until.ts'

let database: EngineDatabase
let one: TestEngine
let admin: string
before(async () => {
  database = await engineDatabase()
  one = await startTestEngine(database, { hooks: { only: true } })
  admin = await one.login()
})
after(async () => {
  await one.stop()
  await database.close()
})

const op = (name: string, body: unknown, token = admin) => one.http('POST', `/api/op/${name}`, { token, body })
const ask = (name: string, body: unknown = {}, token = admin) => one.http('POST', `/api/query/${name}`, { token, body })

async function addUser(name: string, password = 'a fine password') {
  const answer = await op('user.add', { name, password })
  assert.equal(answer.status, 200, answer.text)
  return { id: answer.json.result.id as string, token: await one.login(name, password) }
}

/** Reads server-sent events until told to stop. */
async function stream(token: string, lastEventId?: string) {
  const controller = new AbortController()
  const answer = await request(`${one.url}/api/events`, {
    dispatcher: one.agent,
    signal: controller.signal,
    headers: { authorization: `Bearer ${token}`, ...(lastEventId ? { 'last-event-id': lastEventId } : {}) },
  })
  const seen: { event: string; id: string; data: { changes?: { kind: string; id: string; gone?: boolean }[] } }[] = []
  const state = { seen, ended: false, status: answer.statusCode, stop: () => controller.abort() }
  void (async () => {
    let text = ''
    try {
      for await (const chunk of answer.body) {
        text += String(chunk)
        for (let at = text.indexOf('\n\n'); at !== -1; at = text.indexOf('\n\n')) {
          const fields = Object.fromEntries(
            text
              .slice(0, at)
              .split('\n')
              .map(line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
          )
          text = text.slice(at + 2)
          if (fields.event)
            seen.push({ event: fields.event, id: fields.id ?? '', data: JSON.parse(fields.data ?? '{}') })
        }
      }
    } catch {
      // aborted by the test, or cut by the engine: `ended` says it
    }
    state.ended = true
  })()
  await until(() => seen.length > 0 || state.ended, { what: 'the greeting of the stream' })
  return state
}

test('health says what works, without a sign-in', async () => {
  const answer = await one.http('GET', '/health')
  assert.equal(answer.status, 200)
  assert.deepEqual([answer.json.status, answer.json.database], ['ok', 'up'])
})

test('metrics are in the text format of Prometheus', async () => {
  const { text } = await one.http('GET', '/metrics')
  assert.match(text, /rookery_calls_total\{what="request"/)
  assert.match(text, /rookery_jobs\{status="stuck"\} 0/)
  assert.match(text, /rookery_lease 1/)
})

test('a wrong password and an unknown user look the same, and many tries have to wait', async () => {
  const wrong = await one.http('POST', '/api/login', { body: { user: 'nobody@internal', password: 'x' } })
  assert.equal(wrong.status, 401)
  assert.equal(wrong.json.error.code, 'login.failed')
  for (let i = 0; i < 4; i++) await one.http('POST', '/api/login', { body: { user: 'nobody@internal', password: 'x' } })
  const limited = await one.http('POST', '/api/login', { body: { user: 'nobody@internal', password: 'x' } })
  assert.equal(limited.json.error.code, 'login.limited')
  assert.equal((await one.http('POST', '/api/login', { body: { user: 'admin', password: adminPassword } })).status, 200)
})

test('without a token, with a wrong one and after logout nothing is answered', async () => {
  for (const token of [undefined, 'nonsense', 'x'.repeat(5000)])
    assert.equal((await one.http('POST', '/api/query/user.self', { token, body: {} })).status, 401)
  const token = await one.login()
  assert.equal((await ask('user.self', {}, token)).status, 200)
  await one.http('POST', '/api/logout', { token })
  assert.equal((await ask('user.self', {}, token)).status, 401)
})

test('only the hash of a token is kept', async () => {
  const token = await one.login()
  assert.equal(Buffer.from(token, 'base64url').length, 64)
  const rows = await database.db.sql<{ tokenHash: Buffer }>`select token_hash from session`
  assert.ok(
    rows.every(row => row.tokenHash.length === 32 && !row.tokenHash.toString('utf8').includes(token.slice(0, 8))),
  )
})

test('a user without permissions sees only himself, and may do nothing', async () => {
  const user = await addUser('powerless')
  const me = await ask('user.list', {}, user.token)
  assert.deepEqual(
    me.json.result.map((u: { id: string }) => u.id),
    [user.id],
  )
  for (const name of ['role.list', 'permission.list', 'job.list', 'event.list']) {
    const { json, text } = await ask(name, {}, user.token)
    assert.ok(json.result, `${name}: ${text}`)
    // Her own sign-in is an event of hers.
    const others = json.result.filter((row: { actorId?: string }) => row.actorId !== user.id)
    assert.deepEqual(others, [], name)
  }
  assert.equal((await op('user.add', { name: 'x' }, user.token)).status, 403)
  const admins = (await ask('user.list', {})).json.result.find((u: { name: string }) => u.name === 'admin')
  assert.equal((await op('user.remove', { userId: admins.id }, user.token)).status, 404)
})

test('changing a password ends the sessions of its user', async () => {
  const user = await addUser('changing')
  const stays = await stream(user.token)
  const answer = await op(
    'user.password',
    { userId: user.id, password: 'another password', oldPassword: 'a fine password' },
    user.token,
  )
  assert.equal(answer.status, 200, answer.text)
  assert.equal((await ask('user.self', {}, user.token)).status, 401)
  await until(() => stays.ended, { timeoutMs: 1000, what: 'the stream to end with its session' })
  await one.login('changing', 'another password')
})

test('the last administrator can be neither removed nor disabled', async () => {
  const id = (await ask('user.self')).json.result.userId
  assert.equal((await op('user.update', { userId: id, enabled: false })).json.error.code, 'user.last_administrator')
  assert.equal((await op('user.remove', { userId: id })).json.error.kind, 'conflict')
})

test('input that the schema refuses names each wrong place', async () => {
  const answer = await op('user.add', { name: 'with blank ', password: 'short', extra: 1 })
  assert.equal(answer.status, 400)
  assert.match(answer.json.error.message, /name: .*password: /s)
})

test('a plan tells what would change and changes nothing', async () => {
  const answer = await one.http('POST', '/api/op/user.add?plan=true', {
    token: admin,
    body: { name: 'planned', password: 'a fine password' },
  })
  const { changes, events, result } = answer.json.plan
  assert.equal(changes[`user/${result.id}`].name[1], 'planned')
  assert.equal(changes[`user/${result.id}`].password_hash[1], '***')
  assert.equal(events[0].name, 'user.added')
  assert.equal(
    (await ask('user.list')).json.result.some((u: { name: string }) => u.name === 'planned'),
    false,
  )
})

test('events are numbered without holes and keep what changed, without secrets', async () => {
  const user = await addUser('recorded')
  await op('user.update', { userId: user.id, department: 'Physics' })
  const event = await until(async () =>
    (await ask('event.list')).json.result.find((e: { name: string }) => e.name === 'user.updated'),
  )
  assert.deepEqual(event.data.changes[`user/${user.id}`], { department: ['', 'Physics'] })
  const positions = (await ask('event.list')).json.result.map((e: { position: number }) => e.position).toReversed()
  assert.deepEqual(
    positions,
    positions.map((_: number, i: number) => i + 1),
  )
})

test('a stream tells of changes that its user may see, and of no others', async () => {
  const [anna, bert] = [await addUser('anna'), await addUser('bert')]
  const [all, own] = [await stream(admin), await stream(anna.token)]
  const told = (s: typeof all, id: string) => s.seen.some(m => m.data.changes?.some(c => c.id === id))
  await op('user.update', { userId: bert.id, department: 'x' })
  await op('user.update', { userId: anna.id, department: 'x' })
  await until(() => told(all, anna.id) && told(all, bert.id) && told(own, anna.id))
  assert.equal(told(own, bert.id), false)
  await op('user.remove', { userId: bert.id })
  await until(() => all.seen.some(m => m.data.changes?.some(c => c.id === bert.id && c.gone)))
  all.stop()
  own.stop()
})

test('a stream is resumed by its last id and misses nothing', async () => {
  const user = await addUser('resumed')
  const first = await stream(admin)
  // Like a browser, which keeps the last id that it was told; not every message has one.
  const last = first.seen.findLast(message => message.id !== '')?.id ?? ''
  first.stop()
  await op('user.update', { userId: user.id, department: 'missed' })
  const second = await stream(admin, last)
  await until(() => second.seen.some(m => m.data.changes?.some(c => c.id === user.id)))
  const nonsense = await stream(admin, 'nonsense')
  assert.equal(nonsense.seen[0]?.event, 'reset')
  second.stop()
  nonsense.stop()
})

test('a stream ends within a second of its session', async () => {
  const token = await one.login()
  const open = await stream(token)
  assert.equal(open.status, 200)
  await one.http('POST', '/api/logout', { token })
  await until(() => open.ended, { timeoutMs: 1000 })
})

test('GET is answered though the body that it announces never comes', async () => {
  const { ca } = await sharedTls()
  const socket = connect({
    host: '127.0.0.1',
    port: Number(new URL(one.url).port),
    ca: await readFile(ca),
    servername: 'localhost',
  })
  socket.write('GET /health HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/xml\r\nContent-Length: 17\r\n\r\n')
  let text = ''
  socket.on('data', chunk => {
    text += String(chunk)
  })
  await until(() => /^HTTP\/1.1 200/.test(text), { timeoutMs: 2000, what: 'an answer' })
  socket.destroy()
})

test('`Expect: 201-created` is no error', async () => {
  const { ca } = await sharedTls()
  const socket = connect({
    host: '127.0.0.1',
    port: Number(new URL(one.url).port),
    ca: await readFile(ca),
    servername: 'localhost',
  })
  socket.write('GET /health HTTP/1.1\r\nHost: localhost\r\nExpect: 201-created\r\n\r\n')
  let text = ''
  socket.on('data', chunk => {
    text += String(chunk)
  })
  await until(() => /^HTTP\/1.1 200/.test(text), { timeoutMs: 2000, what: 'an answer' })
  socket.destroy()
})

test('everything has a JSON Schema', async () => {
  const answer = await one.http('GET', '/api/description', { token: admin })
  assert.equal(answer.status, 200, answer.text)
  assert.deepEqual(answer.json.operations['user.add'].permits, ['manipulate_users'])
})
