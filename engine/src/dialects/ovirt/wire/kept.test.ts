import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeJsonList, encodeXmlList } from './encode.ts'
import { once } from './kept.ts'
import type { WireObject } from './wire-object.ts'

interface Row {
  id: string
  name: string
}

const toWire = (row: Row): WireObject => ({
  id: row.id,
  href: `/vms/${row.id}`,
  link: { nics: `/vms/${row.id}/nics` },
  name: row.name,
  os: { boot: { devices: ['hd', 'network'] } },
  custom_properties: [],
})
const rows: Row[] = ['plain', '한국어 ‮x', '<b>&"\n\t'].map((name, i) => Object.freeze({ id: `${i}`, name }))

test('lists that are put together from kept texts are the same, byte by byte, as those that are written in one go', () => {
  const kept = once(toWire)
  for (const some of [rows, rows.slice(0, 1), []]) {
    const [made, shared] = [some.map(toWire), some.map(kept)]
    for (const _ of ['written', 'kept']) {
      assert.equal(String(encodeXmlList('Vm', 'vms', 'vm', shared)), String(encodeXmlList('Vm', 'vms', 'vm', made)))
      assert.equal(String(encodeJsonList('Vm', 'vm', shared)), String(encodeJsonList('Vm', 'vm', made)))
    }
  }
})

test('one row is translated and written once; another row of the same id is not taken for it', () => {
  let translated = 0
  const kept = once((row: Row) => {
    translated++
    return toWire(row)
  })
  const [row] = rows
  assert.ok(row)
  assert.equal(kept(row), kept(row))
  assert.equal(translated, 1)
  const renamed = Object.freeze({ ...row, name: 'renamed' })
  assert.match(String(encodeXmlList('Vm', 'vms', 'vm', [kept(renamed)])), /<name>renamed<\/name>/)
  assert.match(String(encodeXmlList('Vm', 'vms', 'vm', [kept(row)])), /<name>plain<\/name>/)
})

test('a copy that something was put into is written anew, and the shared object stays as it was', () => {
  const kept = once(toWire)
  const [row] = rows
  assert.ok(row)
  const shared = kept(row)
  encodeXmlList('Vm', 'vms', 'vm', [shared])
  const followed = { ...shared, nics: [{ id: 'n', name: 'nic1' }] }
  assert.match(String(encodeXmlList('Vm', 'vms', 'vm', [followed, kept(row)])), /<nics><nic id="n">/)
  assert.doesNotMatch(String(encodeXmlList('Vm', 'vms', 'vm', [shared])), /<nic id=/)
  assert.throws(() => Object.assign(shared, { nics: [] }), TypeError)
})

test('a row that nobody shares is translated each time', () => {
  const kept = once(toWire)
  const mine = { id: '1', name: 'before' }
  kept(mine)
  mine.name = 'after'
  assert.equal(kept(mine)['name'], 'after')
})
