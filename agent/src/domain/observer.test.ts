import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { pino } from 'pino'
import { Observer } from './observer.ts'

const xml = readFileSync(join(import.meta.dirname, '../../golden/plain.xml'), 'utf8')
const uuid = '00000000-0000-4000-8000-000000000001'
const runId = '00000000-0000-4000-8000-000000000002'

/** An observer of a libvirt with one domain, that tells what one wants and when. */
async function bench() {
  const events = new EventEmitter()
  const libvirt = {
    there: true,
    on: (name: string, hear: (event: unknown) => void) => events.on(name, hear),
    onUp: () => undefined,
    xml: async () => (libvirt.there ? xml : null),
    state: async () => ({ state: 'running', reason: 'booted' }),
  }
  const ended: unknown[] = []
  const observer = new Observer({
    hypervisor: libvirt as never,
    hub: { report: () => undefined, end: (...end: unknown[]) => void ended.push(end) } as never,
    engineId: '00000000-0000-4000-8000-000000000003',
    log: pino({ level: 'silent' }),
  })
  assert.ok(await observer.adopt(uuid))
  const tell = (event: string, detail: string) => void events.emit('lifecycle', { domain: { uuid }, event, detail })
  return { observer, libvirt, ended, tell }
}

const over = async (ended: unknown[]) => {
  while (ended.length === 0) await pause(10)
  return ended
}

test('a domain that is gone before its reason is heard ended for that reason', async () => {
  const { libvirt, ended, tell } = await bench()
  libvirt.there = false
  tell('suspended', 'paused')
  await pause(50) // long enough for the look that this starts
  tell('stopped', 'crashed')
  assert.deepEqual(await over(ended), [[runId, 'crashed', null]])
})

test('a domain that is gone without a word is lost', async () => {
  const { observer, libvirt, ended, tell } = await bench()
  libvirt.there = false
  tell('suspended', 'paused')
  assert.deepEqual(await over(ended), [[runId, 'lost', 'The domain was gone when the agent looked.']])
  assert.equal(observer.get(uuid), undefined)
})

test('who asks for a domain that is gone is told at once', async () => {
  const { observer, libvirt, ended } = await bench()
  libvirt.there = false
  assert.equal(await observer.adopt(uuid), null)
  assert.equal(ended.length, 1)
})
