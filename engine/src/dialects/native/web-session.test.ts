import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type EngineDatabase, engineDatabase } from '../../../test/database.ts'
import { adminPassword, startTestEngine, type TestEngine } from '../../../test/engine.ts'

let database: EngineDatabase
let one: TestEngine
before(async () => {
  database = await engineDatabase()
  one = await startTestEngine(database, { hooks: { only: true } })
})
after(async () => {
  await one.stop()
  await database.close()
})

/** Signs in as a page does. */
async function page(user = 'admin@internal', password = adminPassword) {
  const answer = await one.http('POST', '/api/login', {
    body: { user, password, cookie: true },
    headers: { origin: one.url, 'user-agent': 'Test browser' },
  })
  assert.equal(answer.status, 200, answer.text)
  const cookie = String(answer.headers['set-cookie'])
  assert.match(cookie, /^rookery_session=\S+; Path=\/api; HttpOnly; Secure; SameSite=Strict$/)
  return { cookie: cookie.split(';', 1)[0] ?? '', csrf: String(answer.json.csrf), answer }
}

const asks = (cookie: string, headers: Record<string, string> = {}) =>
  one.http('POST', '/api/query/user.self', { body: {}, headers: { cookie, ...headers } })

test('a page gets a cookie that scripts cannot read, and never the token', async () => {
  const { cookie, csrf, answer } = await page()
  assert.deepEqual(Object.keys(answer.json), ['csrf'])
  const session = await one.http('GET', '/api/session', { headers: { cookie } })
  assert.equal(session.json.csrf, csrf)
  assert.equal(session.json.user.principal, 'admin@internal-authz')
  assert.equal(session.text.includes(cookie.split('=')[1] ?? '?'), false)
})

test('with a cookie alone nothing is done: the proof and our own origin are needed (W18)', async () => {
  const { cookie, csrf } = await page()
  const proof = { 'x-csrf-token': csrf }
  assert.equal((await asks(cookie, { ...proof, origin: one.url })).status, 200)
  assert.equal((await asks(cookie, proof)).status, 200)
  for (const [headers, code] of [
    [{}, 'session.csrf'],
    [{ 'x-csrf-token': 'x'.repeat(csrf.length) }, 'session.csrf'],
    [{ 'x-csrf-token': (await page()).csrf }, 'session.csrf'],
    [{ ...proof, origin: 'https://evil.example' }, 'session.origin'],
    [{ ...proof, origin: 'null' }, 'session.origin'],
    [{ ...proof, origin: one.url.replace('https:', 'http:') }, 'session.origin'],
    [{ ...proof, 'sec-fetch-site': 'cross-site' }, 'session.origin'],
    [{ ...proof, 'sec-fetch-site': 'same-site' }, 'session.origin'],
  ] as const) {
    const answer = await asks(cookie, headers)
    assert.equal(answer.status, 403, JSON.stringify(headers))
    assert.equal(answer.json.error.code, code)
  }
})

test('another site cannot sign its visitors in', async () => {
  const answer = await one.http('POST', '/api/login', {
    body: { user: 'admin@internal', password: adminPassword, cookie: true },
    headers: { origin: 'https://evil.example' },
  })
  assert.equal(answer.json.error.code, 'session.origin')
  assert.equal(answer.headers['set-cookie'], undefined)
})

test('a page that asks by itself does not keep its session alive', async () => {
  const { cookie, csrf } = await page()
  const { id } = await database.db.sql.one<{ id: string }>`
    update session set last_used_at = now() - interval '10 minutes', expires_at = now() + interval '5 minutes'
     where id = (select id from session order by created_at desc limit 1) returning id`
  const left = async () =>
    (
      await database.db.sql.one<{ left: number }>`
        select extract(epoch from expires_at - now())::int as left from session where id = ${id}::uuid`
    ).left
  assert.equal((await asks(cookie, { 'x-csrf-token': csrf, 'x-rookery-unattended': '1' })).status, 200)
  assert.ok((await left()) <= 300)
  assert.equal((await asks(cookie, { 'x-csrf-token': csrf })).status, 200)
  assert.ok((await left()) > 300)
})

test('signing out takes the cookie away and its token is dead', async () => {
  const { cookie, csrf } = await page()
  const out = await one.http('POST', '/api/logout', { headers: { cookie, 'x-csrf-token': csrf } })
  assert.equal(out.status, 200, out.text)
  assert.match(String(out.headers['set-cookie']), /Max-Age=0/)
  assert.equal((await one.http('GET', '/api/session', { headers: { cookie } })).status, 401)
})

test('people see where they are signed in, and end a session of theirs; others are told nothing of it', async () => {
  const admin = await one.login()
  for (const name of ['mina', 'jun'])
    await one.http('POST', '/api/op/user.add', { token: admin, body: { name, password: 'a fine password' } })
  const mina = await page('mina@internal', 'a fine password')
  const jun = await one.login('jun@internal', 'a fine password')
  const list = async (token: string) =>
    (await one.http('POST', '/api/query/session.list', { token, body: {} })).json.result as {
      id: string
      principal: string
      client: string
      address: string
      current: boolean
    }[]
  const hers = (await list(admin)).find(s => s.principal === 'mina@internal-authz')
  assert.deepEqual([hers?.client, hers?.address], ['Test browser', '127.0.0.1'])
  assert.deepEqual(
    (await list(jun)).map(s => [s.principal, s.current]),
    [['jun@internal-authz', true]],
  )
  const end = (token: string) => one.http('POST', '/api/op/session.end', { token, body: { id: hers?.id } })
  assert.equal((await end(jun)).status, 404)
  assert.equal((await one.http('GET', '/api/session', { headers: { cookie: mina.cookie } })).status, 200)
  assert.equal((await end(admin)).status, 200)
  assert.equal((await one.http('GET', '/api/session', { headers: { cookie: mina.cookie } })).status, 401)
  assert.equal((await end(admin)).status, 404)
})

test('choices are kept for their user only, and limited in size and number', async () => {
  const { cookie, csrf } = await page()
  const headers = { cookie, 'x-csrf-token': csrf }
  const set = (key: string, value: unknown) =>
    one.http('POST', '/api/op/preference.set', { headers, body: { key, value } })
  const all = async () => (await one.http('POST', '/api/query/preference.list', { headers, body: {} })).json.result
  assert.equal((await set('vms.columns', ['name', 'status'])).status, 200)
  assert.equal((await set('theme', 'dark')).status, 200)
  assert.deepEqual(await all(), { theme: 'dark', 'vms.columns': ['name', 'status'] })
  assert.equal((await set('theme', null)).status, 200)
  assert.deepEqual(await all(), { 'vms.columns': ['name', 'status'] })
  assert.equal((await set('big', 'x'.repeat(20_000))).json.error.code, 'preference.too_large')
  assert.equal((await set('../etc', 1)).status, 400)
  await database.db
    .sql`insert into preference (user_id, key, value) select u.id, 'k' || n, '1' from users u, generate_series(1, 199) n where u.name = 'admin'`
  assert.equal((await set('one-more', 1)).json.error.code, 'preference.too_many')
  const token = await one.login('jun@internal', 'a fine password')
  assert.deepEqual((await one.http('POST', '/api/query/preference.list', { token, body: {} })).json.result, {})
})

test('a search gives ordered ids and how many there are; a mistake names its column', async () => {
  const token = await one.login()
  const search = (body: object) => one.http('POST', '/api/query/user.search', { token, body })
  const found = (await search({ text: 'login = m* or login = j* sortby login desc' })).json.result
  const rows = (await one.http('POST', '/api/query/user.list', { token, body: { ids: found.ids } })).json.result
  const names = new Map(rows.map((r: { id: string; name: string }) => [r.id, r.name]))
  assert.deepEqual(
    found.ids.map((id: string) => names.get(id)),
    ['mina', 'jun'],
  )
  assert.equal((await search({ max: 1 })).json.result.total, 3)
  const wrong = (await search({ text: 'colour = red' })).json.error
  assert.equal(wrong.code, 'search.unknown_field')
  assert.equal(wrong.detail.column, 1)
})

test('events carry what stands in their words, and are found newest first, page by page, and by what they are about', async () => {
  const token = await one.login()
  const ask = async (body: object) =>
    (await one.http('POST', '/api/query/event.search', { token, body })).json.result as {
      position: number
      name: string
      args: Record<string, string>
      refs: { kind: string; id: string }[]
    }[]
  const [newest] = await ask({ text: 'message = "*password*" or severity = normal', max: 1 })
  const [next] = await ask({ before: newest?.position, max: 1 })
  assert.ok((next?.position ?? 0) < (newest?.position ?? 0))
  const added = (await ask({ max: 500 })).find(e => e.name === 'user.added' && e.args.name === 'mina@internal-authz')
  assert.equal(added?.args.user, 'admin@internal-authz')
  const about = added?.refs[0] ?? assert.fail('it is about nobody')
  const hers = await ask({ about: { kind: about.kind, id: about.id } })
  assert.ok(hers.length > 0 && hers.every(e => e.refs.some(r => r.id === about.id)))
})
