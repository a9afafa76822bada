import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError } from '../api/error.ts'
import { ConsoleSession, type ConsoleState, type DisplayHooks } from './session.ts'

const refusal = (kind: 'unavailable' | 'forbidden' | 'conflict' | 'unauthenticated', code: string) =>
  new ApiError({ kind, code, message: code }, { status: 400 })

/** A console whose world is played: each thing that it waits for is let go by the test. */
function played(awake = true) {
  const tickets: { give(value: string): void; refuse(error: ApiError): void }[] = []
  const sockets: (EventTarget & { ticket: string })[] = []
  const pauses: { ms: number | undefined; over(): void }[] = []
  const displays: DisplayHooks[] = []
  let detached = 0
  const session = new ConsoleSession(
    {
      ticket: () => new Promise((give, refuse) => tickets.push({ give, refuse })),
      socket: ticket => {
        const socket = Object.assign(new EventTarget(), { ticket, close: () => {} })
        sockets.push(socket)
        return socket as unknown as WebSocket
      },
      attach: (_socket, hooks) => {
        displays.push(hooks)
        return () => detached++
      },
      pause: (ms, signal) =>
        new Promise(resolve => {
          pauses.push({ ms, over: resolve })
          signal.addEventListener('abort', () => resolve())
        }),
      now: () => 1000,
    },
    awake,
  )
  session.start()
  const until = async (phase: ConsoleState['phase']) => {
    while (session.get().phase !== phase) await new Promise(resolve => setImmediate(resolve))
    // What the session does next on its own account.
    await new Promise(resolve => setImmediate(resolve))
    return session.get()
  }
  const close = (code: number) => sockets.at(-1)?.dispatchEvent(Object.assign(new Event('close'), { code }))
  let answered = 0
  const nextTicket = async () => {
    while (tickets.length === answered) await new Promise(resolve => setImmediate(resolve))
    return tickets[answered++] as (typeof tickets)[number]
  }
  const refuse = async (error: ApiError) => (await nextTicket()).refuse(error)
  const open = async () => {
    const before = sockets.length
    const ticket = await nextTicket()
    ticket.give(`t${before + 1}`)
    while (sockets.length === before) await new Promise(resolve => setImmediate(resolve))
    sockets.at(-1)?.dispatchEvent(new Event('open'))
    displays.at(-1)?.ready()
  }
  return { session, tickets, sockets, pauses, until, close, open, refuse, detached: () => detached }
}

test('a guest that reboots keeps its console: each connection has a ticket of its own', async () => {
  const c = played()
  await c.open()
  assert.equal((await c.until('open')).phase, 'open')
  c.close(1000)
  assert.deepEqual(await c.until('lost'), { phase: 'lost', why: 'ended', retryAt: 1500 })
  assert.equal(c.detached(), 1)
  c.pauses.at(-1)?.over()
  await c.open()
  await c.until('open')
  assert.deepEqual(
    c.sockets.map(s => s.ticket),
    ['t1', 't2'],
  )
  c.session.stop()
})

test('tries are spaced out until there is a picture again', async () => {
  const c = played()
  for (const expected of [500, 1000, 2000, 4000, 8000, 10_000, 10_000]) {
    await c.refuse(refusal('unavailable', 'host.away'))
    await c.until('lost')
    assert.equal(c.pauses.at(-1)?.ms, expected)
    c.pauses.at(-1)?.over()
    await new Promise(resolve => setImmediate(resolve))
  }
  c.session.stop()
})

test('a VM that is off is waited for, and its start is not', async () => {
  const c = played(false)
  await c.until('asleep')
  assert.equal(c.tickets.length, 0)
  c.session.setAwake(true)
  await c.open()
  await c.until('open')
  c.session.setAwake(false)
  assert.equal(c.session.get().phase, 'open', 'the picture stays until the guest side closes it')
  c.close(1000)
  await c.until('lost')
  c.session.retry()
  await c.until('asleep')
  c.session.stop()
})

test('a refusal stays until somebody tries again', async () => {
  const c = played()
  await c.refuse(refusal('forbidden', 'permission.missing'))
  const state = await c.until('refused')
  assert.equal(state.phase === 'refused' && state.error.code, 'permission.missing')
  c.session.retry()
  await c.open()
  await c.until('open')
  c.session.stop()
})

test('a session that ends ends the console, and the next sign-in brings it back', async () => {
  const c = played()
  await c.open()
  c.close(4401)
  await c.until('over')
  c.session.retry()
  await c.until('connecting')
  await c.refuse(refusal('unauthenticated', 'session.missing'))
  await c.until('over')
  c.session.stop()
})
