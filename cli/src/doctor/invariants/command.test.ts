import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reportText } from './command.ts'

test('a difference is told with its cause and its cure in both languages', () => {
  const host = { id: 'h', name: 'one' }
  const text = reportText({
    looks: 2,
    notLookedAt: [{ name: 'two', status: 'maintenance', reason: 'The host does not answer.' }],
    differences: [{ invariant: 'tap.found', subject: 't1 in rk1', found: 'it belongs to nothing', host }],
  })
  assert.match(text, /✗ tap\.found {2}t1 in rk1 on one: it belongs to nothing/)
  assert.match(text, /→ Nothing of Rookery uses it/)
  assert.match(text, /→ Rookery가 사용하지 않는 것입니다/)
  assert.match(text, /host two \(maintenance\) was not looked at/)
})

test('nothing that differs is one line', () => {
  assert.equal(reportText({ looks: 1, notLookedAt: [], differences: [] }), '✓ nothing differs')
})
