import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AddAffinityGroup } from '../../../engine/src/compute/affinity/types.ts'
import { difference, emptyGroup, formOfGroup, partsOfGroup, problemsOfGroup } from './group-form.ts'

const clusterId = '6f1c0a52-0000-4000-8000-000000009e77'

test('a new group keeps machines together unless something else is chosen, and is what the operation takes', () => {
  const form = { ...emptyGroup(clusterId), name: ' web ', vms: 'negative' as const, vmsHard: false }
  assert.deepEqual(problemsOfGroup(form), {})
  const made = AddAffinityGroup.parse({ clusterId, ...partsOfGroup(form) })
  assert.equal(made.name, 'web')
  assert.deepEqual(made.vmsRule, { enabled: true, positive: false, enforcing: false })
  assert.deepEqual(made.hostsRule, { enabled: false })
})

test('a group without name, rule or priority is none', () => {
  assert.deepEqual(problemsOfGroup({ ...emptyGroup(clusterId), vms: 'none', priority: 'x' }), {
    name: 'nameMissing',
    priority: 'priority',
    vms: 'noRule',
  })
})

test('what a group says comes back unchanged', () => {
  const row = {
    name: 'web',
    description: '',
    clusterId,
    priority: 2.5,
    vmsEnabled: false,
    vmsPositive: true,
    vmsEnforcing: true,
    hostsEnabled: true,
    hostsPositive: false,
    hostsEnforcing: false,
    vmIds: ['a'],
    hostIds: ['b'],
    vmLabelIds: [],
    hostLabelIds: ['c'],
  } as unknown as Parameters<typeof formOfGroup>[0]
  const parts = partsOfGroup(formOfGroup(row))
  assert.equal(parts.priority, 2.5)
  assert.deepEqual(parts.vmsRule, { enabled: false })
  assert.deepEqual(parts.hostsRule, { enabled: true, positive: false, enforcing: false })
  assert.deepEqual(parts.hostLabelIds, ['c'])
})

test('members that came and went are told apart', () => {
  assert.deepEqual(difference(['a', 'b'], ['b', 'c']), { add: ['c'], remove: ['a'] })
})
