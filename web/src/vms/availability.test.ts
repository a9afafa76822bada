import assert from 'node:assert/strict'
import { test } from 'node:test'
import { VmConfig } from '../../../engine/src/compute/vm/config.ts'
import { UpdateVm } from '../../../engine/src/compute/vm/types.ts'
import { availabilityOf, availabilityProblems, configOf } from './availability.ts'

const id = '6f1c0a52-0000-4000-8000-000000009e77'
const blank = availabilityOf(VmConfig.parse({}) as Parameters<typeof availabilityOf>[0])

test('what a machine says comes back unchanged, as the operation takes it', () => {
  assert.deepEqual(availabilityProblems(blank), {})
  const { config } = UpdateVm.parse({ id, version: 1, config: configOf(blank) })
  assert.deepEqual(config?.highAvailability, { enabled: false, priority: 1 })
  assert.deepEqual(config?.placement, { affinity: 'migratable', hostIds: [] })
  assert.deepEqual([config?.migration?.policyId, config?.migration?.downtime], [null, null])
})

test('a machine that is pinned names its host, and numbers are numbers', () => {
  const form = { ...blank, affinity: 'pinned' as const, priority: '-1', downtime: 'x' }
  assert.deepEqual(availabilityProblems(form), { affinity: 'pinned', priority: 'priority', downtime: 'downtime' })
  assert.deepEqual(availabilityProblems({ ...form, hostIds: [id], priority: '１００', downtime: '250' }), {})
})
