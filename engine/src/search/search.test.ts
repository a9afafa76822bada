import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RookeryError } from '@rookery/model'
import { fragment } from '../db/index.ts'
import { compile } from '../db/sql.ts'
import { compileSearch } from './compile.ts'
import type { SearchTable } from './field.ts'
import { parseSearch } from './parse.ts'

const table: SearchTable = {
  fields: {
    name: { sql: fragment`v.name`, type: 'text' },
    id: { sql: fragment`v.id`, type: 'id' },
    memory: { sql: fragment`v.memory`, type: 'number' },
    status: { sql: fragment`v.status`, type: 'enum' },
    time: { sql: fragment`v.at`, type: 'time' },
    'storage.name': {
      sql: fragment`s.name`,
      type: 'text',
      within: (c, seen) => fragment`exists (select 1 from ${seen('storage_domain')} s where ${c})`,
    },
  },
  default: ['name'],
  prefixes: ['vm', 'vms'],
}

const seen = () => fragment`visible_domains`

const sql = (text: string) => {
  const { where } = compileSearch(text, table, { seen })
  assert.ok(where)
  const compiled = compile(where.strings, where.values)
  return [compiled.text, compiled.values]
}

test('searches of real clients are read', () => {
  for (const text of [
    'name="dc1"',
    'name="net1" and datacenter="dc1"',
    'name=vm1 cluster=cl1',
    'type=842 or type=841 or type=888',
    'usrname="alice@internal-authz"',
    'status=up sortby cpu_usage desc',
    'name="*"',
    'Vms: name=a page 2',
    'correlation_id=X',
    '',
  ])
    assert.doesNotThrow(() => parseSearch(text), text)
})

test('and binds tighter than or, and terms side by side are joined by and', () => {
  const e = parseSearch('a=1 b=2 or c=3').where
  assert.ok(e && e.kind === 'or' && e.left.kind === 'and')
})

test('values are parameters, also hostile ones', () => {
  assert.deepEqual(sql(`name="x'; drop table vm; --"`), ['(lower(v.name) = lower($1))', [`x'; drop table vm; --`]])
})

test('wildcards become patterns and their own signs stay themselves', () => {
  assert.deepEqual(sql('name=web_*'), ['((v.name) ilike $1)', ['web\\_%']])
  assert.deepEqual(sql('web'), ['((v.name) ilike $1)', ['%web%']])
})

test('a field of related things is asked inside an exists', () => {
  assert.equal(
    sql('Storage.name=data1')[0],
    '(exists (select 1 from visible_domains s where lower(s.name) = lower($1)))',
  )
  assert.equal(
    sql('storage.name!=data1')[0],
    'not coalesce((exists (select 1 from visible_domains s where lower(s.name) = lower($1))), false)',
  )
})

test('the prefix of the kind itself is understood', () => {
  assert.equal(sql('Vms.name=a')[0], '(lower(v.name) = lower($1))')
})

test('mistakes are named with their column', () => {
  const at = (code: string, column: number) => (e: unknown) =>
    e instanceof RookeryError && e.code === code && (e.detail as { column: number }).column === column
  assert.throws(() => compileSearch('nmae=a', table, { seen }), at('search.unknown_field', 1))
  assert.throws(() => compileSearch('name="a', table, { seen }), at('search.syntax', 6))
  assert.throws(() => compileSearch('name=', table, { seen }), at('search.syntax', 6))
  assert.throws(() => compileSearch('memory=lots', table, { seen }), at('search.value', 1))
})
