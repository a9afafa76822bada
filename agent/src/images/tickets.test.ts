import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { TaskOf } from '@rookery/protocol'
import { pino } from 'pino'
import type { ImageBackend } from './backend.ts'
import { createTickets, type OpenImage, type Tickets } from './tickets.ts'

/** Tickets in a fresh folder, by a clock that stands still, and what the agent's next life finds in that folder. */
async function bench(t: TestContext, open = (): Promise<OpenImage> => assert.fail('nobody opens an image here')) {
  const folder = mkdtempSync(join(tmpdir(), 'rk-tickets.'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  let now = 1000
  const begin = async (boot = 'first'): Promise<Tickets> => {
    const tickets = createTickets({ folder, log: pino({ level: 'silent' }), open, clock: () => now, boot })
    await tickets.load()
    return tickets
  }
  return { folder, tickets: await begin(), nextLife: begin, pass: (seconds: number) => void (now += seconds) }
}

const task = (ticket: string): TaskOf<'image.ticket'> => ({
  kind: 'image.ticket',
  volume: { storageDomainId: randomUUID(), imageId: randomUUID(), volumeId: randomUUID() },
  spm: { poolId: randomUUID(), epoch: 1 },
  ticket,
  ops: 'write',
  format: 'raw',
  serve: 'volume',
  size: 1024,
  expiresInSeconds: 300,
  inactivityTimeoutSeconds: 60,
  filename: null,
})

test('a ticket that ends while it is written down does not come back in the next life', async t => {
  const { folder, tickets, nextLife, pass } = await bench(t)
  for (let round = 0; round < 20; round++) {
    const secret = randomUUID()
    await tickets.install(task(secret))
    pass(60) // so that there is something to write
    await Promise.all([tickets.tidy(), tickets.end(secret)])
  }
  assert.deepEqual(readdirSync(folder), [])
  assert.deepEqual((await nextLife()).all(), [])
})

test('a ticket outlives the agent and not the boot of its host', async t => {
  const { folder, tickets, nextLife } = await bench(t)
  const again = task(randomUUID())
  await tickets.install(again)
  assert.ok((await nextLife()).has(again.ticket))
  assert.deepEqual((await nextLife('second')).all(), [])
  assert.deepEqual(readdirSync(folder), [])
})

test('a ticket that was written down while it ended can be installed again', async t => {
  const { tickets, nextLife, pass } = await bench(t)
  const again = task(randomUUID())
  await tickets.install(again)
  pass(60)
  await Promise.all([tickets.tidy(), tickets.end(again.ticket).then(() => tickets.install(again))])
  assert.ok((await nextLife()).has(again.ticket))
})

test('a request that finds its image broken while the ticket ends opens no other', async t => {
  let opened = 0
  const { tickets } = await bench(t, async () => {
    opened++
    return { backend: { alive: false, close: async () => {} } as ImageBackend, server: null }
  })
  const secret = randomUUID()
  await tickets.install(task(secret))
  const ticket = tickets.authorize(secret, 'write')
  await tickets.image(ticket)
  const late = assert.rejects(tickets.image(ticket), { message: 'The transfer was cancelled' })
  await Promise.all([late, tickets.end(secret)])
  assert.equal(opened, 1)
})
