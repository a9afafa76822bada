import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { MiB } from '@rookery/model'
import WebSocket from 'ws'
import { adminPassword, sharedTls } from '../../../test/engine.ts'
import { startWorld, type World } from '../../../test/small-world.ts'
import { until } from '../../../test/until.ts'

let world: World
let vmId: string
let ca: Buffer
before(async () => {
  world = await startWorld()
  ca = await readFile((await sharedTls()).ca)
  const token = await world.one.login()
  const op = async (name: string, body: object) => {
    const answer = await world.one.http('POST', `/api/op/${name}`, { token, body })
    assert.equal(answer.status, 200, answer.text)
    return answer.json.result
  }
  const [cluster] = (await world.one.http('POST', '/api/query/cluster.list', { token, body: {} })).json.result
  const disk = { capacity: MiB, format: 'raw' }
  const config = { memory: 64 * MiB, serialConsole: true }
  vmId = (await op('vm.add', { name: 'seen', clusterId: cluster.id, config, disks: [{ disk, bootable: true }] })).id
  const status = async () =>
    (await world.one.http('POST', '/api/query/vm.list', { token, body: { ids: [vmId] } })).json.result[0].status
  await until(async () => (await status()) === 'down')
  await op('vm.start', { id: vmId })
  await until(async () => (await status()) === 'up')
  await op('user.add', { name: 'mina', password: 'a fine password' })
})
after(() => world.stop())

/** Signs in as a page does. */
async function page() {
  const { url, http } = world.one
  const answer = await http('POST', '/api/login', {
    body: { user: 'admin', password: adminPassword, cookie: true },
    headers: { origin: url },
  })
  const cookie = String(answer.headers['set-cookie']).split(';', 1)[0] ?? ''
  const headers = { cookie, 'x-csrf-token': String(answer.json.csrf), origin: url }
  return {
    headers,
    post: (path: string, body: object = {}) => http('POST', path, { body, headers }),
    ticket: async (more: object = {}) => {
      const body = { vmId, protocol: 'vnc', mode: 'stream', expiresInSeconds: 30, ...more }
      const taken = await http('POST', '/api/op/console.ticket', { body, headers })
      assert.equal(taken.status, 200, taken.text)
      return String(taken.json.result.value)
    },
  }
}

interface Visit {
  /** The status that refused it. */
  refused?: number
  socket: WebSocket
  /** What the guest said so far. */
  said: () => string
  closed: () => number | undefined
}

async function visit(ticket: string, headers: Record<string, string>): Promise<Visit> {
  const socket = new WebSocket(`${world.one.url.replace('https', 'wss')}/api/console/${ticket}`, 'binary', {
    ca,
    headers,
  })
  let said = ''
  let closed: number | undefined
  let refused: number | undefined
  socket.on('message', data => void (said += String(data)))
  socket.on('close', code => void (closed = code))
  socket.on('error', () => undefined) // refusals are read from `unexpected-response`
  socket.on('unexpected-response', (_request, response) => {
    refused = response.statusCode
    response.resume()
    socket.emit('refused')
  })
  await Promise.race([once(socket, 'open'), once(socket, 'refused')])
  return { socket, said: () => said, closed: () => closed, ...(refused === undefined ? {} : { refused }) }
}

test('a console shows its guest to the page that took the ticket, once', async () => {
  const one = await page()
  const ticket = await one.ticket()
  const first = await visit(ticket, one.headers)
  assert.equal(first.refused, undefined)
  await until(() => first.said().startsWith('RFB 003.008'), { what: 'the guest to speak RFB' })
  assert.equal((await visit(ticket, one.headers)).refused, 403)
  first.socket.terminate()
})

test('a ticket that a page took is of no use without its cookie, with that of another session, or from another site (W23)', async () => {
  const [one, other] = [await page(), await page()]
  const ticket = await one.ticket()
  const { origin } = one.headers
  assert.equal((await visit(ticket, {})).refused, 403, 'no cookie')
  assert.equal((await visit(ticket, { origin })).refused, 403, 'no cookie, right origin')
  assert.equal((await visit(ticket, other.headers)).refused, 403, 'cookie of another session')
  assert.equal((await visit(ticket, { ...one.headers, origin: 'https://evil.example' })).refused, 403, 'other origin')
  assert.equal((await visit(ticket, { cookie: one.headers.cookie })).refused, 403, 'no origin')
  const right = await visit(ticket, one.headers)
  assert.equal(right.refused, undefined, 'none of them used it up')
  right.socket.terminate()
})

test('a ticket whose time is over, or whose session is, opens nothing', async () => {
  const one = await page()
  const late = await one.ticket()
  await world.database.db.sql`update console_ticket set expires_at = now() - interval '1 second' where used_at is null`
  assert.equal((await visit(late, one.headers)).refused, 403)
  const orphan = await one.ticket()
  await one.post('/api/logout')
  assert.equal((await visit(orphan, one.headers)).refused, 403)
})

for (const [how, end] of [
  ['a sign-out', async (one: Awaited<ReturnType<typeof page>>) => one.post('/api/logout')],
  [
    'a session that an administrator ends',
    async (one: Awaited<ReturnType<typeof page>>) => {
      const sessions = (await one.post('/api/query/session.list')).json.result as { id: string; current: boolean }[]
      const token = await world.one.login()
      return world.one.http('POST', '/api/op/session.end', { token, body: { id: sessions.find(s => s.current)?.id } })
    },
  ],
  [
    'a changed password',
    async () => {
      const token = await world.one.login()
      const me = (await world.one.http('POST', '/api/query/user.self', { token, body: {} })).json.result
      return world.one.http('POST', '/api/op/user.password', {
        token,
        body: { userId: me.userId, password: adminPassword, oldPassword: adminPassword },
      })
    },
  ],
] as const)
  test(`${how} ends its consoles within a second, also those that do not answer`, async () => {
    const one = await page()
    const console = await visit(await one.ticket(), one.headers)
    await until(() => console.said() !== '')
    // A visitor that reads nothing more cannot hold the guest.
    const deaf = await visit(await one.ticket({ protocol: 'serial' }), one.headers)
    deaf.socket.pause()
    assert.equal((await end(one)).status, 200)
    await until(() => console.closed() !== undefined, { timeoutMs: 1000, what: 'the console to be closed' })
    assert.equal(console.closed(), 4401)
    deaf.socket.resume()
    await until(() => deaf.closed() !== undefined, { timeoutMs: 2000, what: 'the deaf one to be cut' })
    assert.equal((await one.post('/api/query/user.self')).status, 401)
  })
