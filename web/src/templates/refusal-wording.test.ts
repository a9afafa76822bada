import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { type RefusalReason, refusalSentence } from '@rookery/model'
import { known, refusalWording } from './refusal-wording.ts'

const words = {
  bytes: (n: number) => `${n} bytes`,
  number: String,
  list: (names: readonly string[]) => names.join('+'),
  hostStatus: (status: string) => status.toUpperCase(),
}
/** One of each, and both ways where a reason has two. */
const reasons: RefusalReason[] = [
  { code: 'status', status: 'maintenance' },
  { code: 'pinned' },
  { code: 'current' },
  { code: 'excluded' },
  { code: 'agent', kinds: ['vm.create@2'] },
  { code: 'firmware', firmware: 'uefi' },
  { code: 'machine', machine: 'q35' },
  { code: 'cpu_count', have: 2, need: 4 },
  { code: 'cpu_level', model: 'Nehalem', missing: ['sse4_2'] },
  { code: 'cpu_level', model: 'Nehalem', missing: [] },
  { code: 'cpu_overload', used: 95, limit: 80 },
  { code: 'memory', free: 1, need: 2 },
  { code: 'swap', used: 95, limit: 90 },
  { code: 'numa', largest: 1, need: 2 },
  { code: 'huge_pages', size: 1, free: 2, need: 3 },
  { code: 'network', names: ['a', 'b'] },
  { code: 'storage', names: ['a'] },
  { code: 'vm_affinity', group: 'g', positive: true },
  { code: 'vm_affinity', group: 'g', positive: false },
  { code: 'host_affinity', group: 'g', positive: true },
  { code: 'host_affinity', group: 'g', positive: false },
  { code: 'host_device', names: ['pci'] },
  { code: 'max_vms', have: 2, most: 2 },
  { code: 'ha_reservation', host: 'h' },
  { code: 'cluster_maintenance' },
  { code: 'unlike', why: 'w' },
  { code: 'start', reason: 'r' },
]
const places = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map(found => found[1] ?? '').toSorted()

test('every reason why a host takes no machine has its words in both languages, with every value that they name', () => {
  assert.deepEqual([...new Set(reasons.map(reason => reason.code))].toSorted(), Object.keys(known).toSorted())
  for (const language of ['en', 'ko']) {
    const file = join(import.meta.dirname, '..', 'i18n', language, 'scheduling.json')
    const { refusal } = JSON.parse(readFileSync(file, 'utf8')) as { refusal: Record<string, string> }
    for (const reason of reasons) {
      const worded = refusalWording(reason, words)
      assert.ok(worded)
      const text = refusal[worded.key]
      assert.ok(text !== undefined, `${language} ${worded.key}`)
      for (const place of places(text)) assert.ok(worded.values[place] !== undefined, `${worded.key} ${place}`)
    }
  }
})

test('sizes are worded as sizes, counts as numbers, statuses by their words', () => {
  assert.deepEqual(refusalWording({ code: 'memory', free: -5, need: 2 }, words)?.values, {
    free: '0 bytes',
    need: '2 bytes',
  })
  assert.deepEqual(refusalWording({ code: 'status', status: 'error' }, words)?.values, { status: 'ERROR' })
  assert.deepEqual(refusalWording({ code: 'huge_pages', size: 1, free: 2, need: 3 }, words)?.values, {
    size: '1 bytes',
    free: '2',
    need: '3',
  })
})

test('every reason has an English sentence, and one of a newer engine has no words here', () => {
  for (const reason of reasons) assert.ok(refusalSentence(reason) !== '')
  assert.equal(refusalWording({ code: 'moon' } as never, words), undefined)
})
