import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Connection } from './connection.ts'
import { EVENT_NAMES, type EventName, EventRegistry } from './events.ts'
import { type AnyProcedure, type ProcedureName, procedures } from './procedures.ts'
import { arbitraryOf } from './testing/arbitrary.ts'

/** A connection on which every registration succeeds. */
const agreeable = { endReason: null, call: async () => ({ callbackID: 1 }) } as unknown as Connection

const eventProcedures = (Object.keys(procedures) as ProcedureName[]).filter(name => procedures[name].event)

/** Superseded by events that carry a callback id, or never sent by a daemon to clients that register as we do. */
const UNUSED = [
  ...eventProcedures.filter(name => callbackVariant(name) !== name && eventProcedures.includes(callbackVariant(name))),
  'domainEventCallbackIoError',
  'domainEventCallbackBlockJob',
  'connectEventConnectionClosed',
]

function callbackVariant(name: string): ProcedureName {
  return name.replace('domainEvent', 'domainEventCallback') as ProcedureName
}

test('every event that libvirt can send has a name here', async () => {
  const heard = new Set<string>()
  for (const procedure of eventProcedures) {
    const registry = new EventRegistry()
    for (const event of EVENT_NAMES) await registry.add(agreeable, event, () => heard.add(procedure))
    const row: AnyProcedure = procedures[procedure]
    registry.deliver(procedure, fc.sample(arbitraryOf(row.args.shape), 1)[0])
  }
  assert.deepEqual(eventProcedures.filter(name => !heard.has(name)).sort(), [...new Set(UNUSED)].sort())
})

test('any body of an event can be read', async () => {
  const registry = new EventRegistry()
  const counts = new Map<EventName, number>()
  for (const event of EVENT_NAMES) {
    await registry.add(agreeable, event, payload => {
      assert.equal(typeof payload, 'object')
      counts.set(event, (counts.get(event) ?? 0) + 1)
    })
  }
  for (const procedure of eventProcedures) {
    const row: AnyProcedure = procedures[procedure]
    for (const body of fc.sample(arbitraryOf(row.args.shape), 50)) registry.deliver(procedure, body)
  }
  for (const event of EVENT_NAMES) assert.equal(counts.get(event), 50, event)
})

test('a lifecycle event reads in words', async () => {
  const registry = new EventRegistry()
  const seen: unknown[] = []
  await registry.add(agreeable, 'lifecycle', payload => seen.push(payload))
  const dom = { name: 'web', uuid: Buffer.alloc(16, 1), id: -1 }
  registry.deliver('domainEventCallbackLifecycle', { callbackID: 1, msg: { dom, event: 5, detail: 3 } })
  registry.deliver('domainEventCallbackLifecycle', { callbackID: 1, msg: { dom, event: 99, detail: 3 } })
  const domain = { name: 'web', uuid: '01010101-0101-0101-0101-010101010101', id: null }
  assert.deepEqual(seen, [
    { domain, event: 'stopped', detail: 'migrated', eventCode: 5, detailCode: 3 },
    { domain, event: 'unknown', detail: 'unknown', eventCode: 99, detailCode: 3 },
  ])
})
