import assert from 'node:assert/strict'
import { test } from 'node:test'
import { migrationPolicies as engines } from '../../../engine/src/inventory/cluster/migration-policy.ts'
import { AddCluster, UpdateCluster } from '../../../engine/src/inventory/cluster/types.ts'
import { changeOf, emptyForm, fieldsOf, groups, newOf, problemsOf } from './cluster-form.ts'
import { migrationPolicies } from './migration-policies.ts'

const id = '6f1c0a52-0000-4000-8000-000000009e77'
const form = { ...emptyForm, name: 'Second', dataCenterId: id }

test('a new cluster with nothing said is what the engine would make by itself', () => {
  const made = AddCluster.parse(newOf(form))
  assert.equal(made.name, 'Second')
  assert.equal(made.memoryOvercommit, 100)
  assert.equal(made.cpuType, null)
  assert.equal(made.settings?.migration?.bandwidthMbps, null)
  assert.equal(made.settings?.maxVmsPerHost, null)
})

test('every part of the form is what the operation takes', () => {
  const full = {
    ...form,
    level: '4.7',
    overcommit: 'custom',
    overcommitPercent: '１７５',
    bandwidth: 'custom' as const,
    bandwidthMbps: '500',
    maxVms: '40',
    properties: { HighUtilization: '70', LowUtilization: '' },
    skipIfConnectivityBroken: true,
    serialPolicy: 'custom',
    serialValue: 'lab-1',
  }
  assert.deepEqual(problemsOf(full, groups), {})
  for (const part of groups) UpdateCluster.parse(changeOf({ id, version: 3 }, full, part))
  const made = AddCluster.parse(newOf(full))
  assert.equal(made.memoryOvercommit, 175)
  assert.deepEqual(made.settings?.schedulingProperties, { HighUtilization: '70' })
  assert.deepEqual(made.level, { major: 4, minor: 7 })
  assert.deepEqual(made.settings?.serialNumber, { policy: 'custom', value: 'lab-1' })
})

test('an edit of one part sends nothing of the others', () => {
  assert.deepEqual(changeOf({ id, version: 3 }, form, 'cpu'), { id, version: 3, cpuType: null, threadsAsCores: false })
  assert.equal(changeOf({ id, version: 3 }, form, 'general').name, 'Second')
})

test('what is wrong is named, in the parts that are shown and only where it counts', () => {
  const wrong = {
    ...form,
    name: ' ',
    overcommit: 'custom',
    overcommitPercent: '99',
    bandwidth: 'custom' as const,
    bandwidthMbps: '',
    maxVms: '0',
    fenceDelay: '1.5',
  }
  assert.deepEqual(problemsOf(wrong, groups), {
    name: 'nameMissing',
    overcommitPercent: 'percent',
    bandwidthMbps: 'mbps',
    maxVms: 'vms',
    fenceDelay: 'seconds',
  })
  assert.deepEqual(problemsOf(wrong, ['cpu']), {})
  assert.deepEqual(problemsOf({ ...wrong, fencing: false }, ['fencing']), {})
  assert.deepEqual(problemsOf({ ...form, name: 'x'.repeat(41) }, ['general']), { name: 'nameTooLong' })
  assert.deepEqual(problemsOf({ ...form, name: 'two words' }, ['general']), { name: 'nameCharacters' })
})

test('every field belongs to one part', () => {
  assert.deepEqual(Object.values(fieldsOf).flat().toSorted(), Object.keys(emptyForm).toSorted())
})

test('the migration policies are those of the engine', () => {
  assert.deepEqual(
    Object.keys(migrationPolicies),
    engines.map(policy => policy.id),
  )
})
