import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { kinds as kindsOfEngine } from '@rookery/engine/core/kinds'
import { type News, touched } from './touched.ts'

const changed = (kind: string, id = 'a'): News => ({ type: 'change', changes: [{ kind, id }] })

test('rows by id are asked again only when one of them changed', () => {
  assert.equal(touched('vm.list', { ids: ['a', 'b'] }, changed('vm', 'b')), true)
  assert.equal(touched('vm.list', { ids: ['a', 'b'] }, changed('vm', 'c')), false)
  assert.equal(touched('vm.list', {}, changed('vm', 'c')), true)
  assert.equal(touched('vm.list', { ids: ['a'] }, changed('host', 'a')), false)
})

test('a host counts its VMs, whichever changed', () => {
  assert.equal(touched('host.list', { ids: ['h'] }, changed('vm', 'x')), true)
  assert.equal(touched('host.list', { ids: ['h'] }, changed('host', 'other')), false)
})

test('an order may change with any row of its kind', () => {
  assert.equal(touched('vm.search', { text: 'x' }, changed('vm', 'new')), true)
  assert.equal(touched('vm.search', { text: 'x' }, changed('disk')), false)
})

test('steps belong to one job', () => {
  assert.equal(touched('job.steps', { jobId: 'j' }, changed('job', 'j')), true)
  assert.equal(touched('job.steps', { jobId: 'j' }, changed('job', 'k')), false)
})

test('numbers move with stats only, and a reset reaches everything', () => {
  assert.equal(touched('vm.now', { ids: ['a'] }, { type: 'stats' }), true)
  assert.equal(touched('vm.history', { id: 'a' }, changed('vm')), false)
  // A VM that stopped has no numbers any more.
  assert.equal(touched('vm.now', { ids: ['a'] }, changed('vm', 'a')), true)
  assert.equal(touched('vm.now', { ids: ['a'] }, changed('vm', 'b')), false)
  assert.equal(touched('vm.list', {}, { type: 'stats' }), false)
  for (const name of ['vm.now', 'vm.list', 'preference.list']) assert.equal(touched(name, {}, { type: 'reset' }), true)
})

test('history and sessions follow the events', () => {
  for (const name of ['event.search', 'session.list']) assert.equal(touched(name, {}, { type: 'events' }), true)
  assert.equal(touched('vm.list', {}, { type: 'events' }), false)
})

test('every query that the console asks has its kinds', () => {
  const text = readFileSync(join(import.meta.dirname, '..', 'api', 'native.gen.ts'), 'utf8')
  const queries = text.slice(text.indexOf('interface NativeQueries'))
  const names = [...queries.matchAll(/^ {2}'([\w.]+)':/gm)].map(match => match[1] as string)
  assert.ok(names.length > 20)
  for (const name of names) {
    // Numbers move by themselves, preferences are one's own, and the whole comparison of invariants is never live.
    if (
      /\.(now|history|statistics)$/.test(name) ||
      ['preference.list', 'invariants', 'event.list', 'event.search'].includes(name)
    )
      continue
    const kinds = Object.keys(kindsOfEngine)
    assert.ok(
      kinds.some(kind => touched(name, { jobId: 'a' }, changed(kind))),
      `${name}: no change concerns it`,
    )
  }
})
