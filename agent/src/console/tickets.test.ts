import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConsoleTickets } from './tickets.ts'

const grant = (expiresAt = Date.now() + 1000) => ({
  vmId: 'v',
  runId: 'r',
  protocol: 'vnc' as const,
  password: null,
  expiresAt,
})

test('a ticket opens once', () => {
  const tickets = new ConsoleTickets()
  tickets.put('t', grant())
  assert.equal(tickets.take('t').runId, 'r')
  assert.throws(() => tickets.take('t'), { kind: 'forbidden' })
})

test('an expired ticket and one of a run that ended open nothing', () => {
  const tickets = new ConsoleTickets()
  tickets.put('late', grant(Date.now() - 1))
  tickets.put('gone', grant())
  tickets.endRun('r')
  for (const ticket of ['late', 'gone', 'never']) assert.throws(() => tickets.take(ticket), { code: 'console.ticket' })
})
