import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { builtInPolicies } from '../../../engine/src/compute/scheduling/policies.ts'
import { propertyForms, units } from '../../../engine/src/compute/scheduling/units.ts'
import { AddSchedulingPolicy } from '../../../engine/src/inventory/scheduling-policy/types.ts'
import type { PolicyRow, PolicyUnit } from '../api/rows.ts'
import { emptyPolicy, formOfPolicy, partsOfPolicy, problemsOfPolicy } from './policy-form.ts'
import { builtIn } from './policy-text.ts'
import { propertiesOfPolicy, propertyNames } from './properties.ts'

const words = (language: string) =>
  JSON.parse(readFileSync(join(import.meta.dirname, '..', 'i18n', language, 'policies.json'), 'utf8')) as {
    unit: Record<string, string>
    builtIn: Record<string, string>
    property: Record<string, string>
    hint: Record<string, string>
  }

test('policies, units and properties of the engine have their words', () => {
  assert.deepEqual(
    Object.keys(builtIn),
    builtInPolicies.map(policy => policy.id),
  )
  assert.deepEqual(propertyNames.toSorted(), Object.keys(propertyForms).toSorted())
  for (const language of ['en', 'ko']) {
    const { unit, property, hint } = words(language)
    assert.deepEqual(
      units.filter(one => unit[`${one.type}_${one.id}`] === undefined).map(one => `${one.type} ${one.name}`),
      [],
    )
    for (const name of propertyNames) assert.ok(property[name] !== undefined && hint[name] !== undefined, name)
  }
})

test('a copy of any policy of the product is what the operation takes', () => {
  for (const policy of builtInPolicies) {
    const form = { ...formOfPolicy({ ...policy, version: 0 } as unknown as PolicyRow), name: `${policy.name}-copy` }
    assert.deepEqual(problemsOfPolicy(form), { factors: [] })
    const made = AddSchedulingPolicy.parse(partsOfPolicy(form, [...policy.filters]))
    assert.deepEqual(made.filters, policy.filters)
    assert.deepEqual(made.weights, policy.weights)
  }
})

test('a policy without a name, or with a factor that is none, is none', () => {
  assert.deepEqual(problemsOfPolicy({ ...emptyPolicy, weights: { a: '0', b: '２' } }), {
    name: 'nameMissing',
    factors: ['a'],
  })
  assert.deepEqual(problemsOfPolicy({ ...emptyPolicy, name: 'two words' }), { name: 'nameCharacters', factors: [] })
})

test('only properties that some unit of a policy looks at are asked for', () => {
  const of = (name: string) => builtInPolicies.find(policy => policy.name === name) as unknown as PolicyRow
  const all = units as unknown as PolicyUnit[]
  assert.deepEqual(propertiesOfPolicy(of('vm_evenly_distributed'), all), [
    'HighUtilization',
    'CpuOverCommitDurationMinutes',
    'HighVmCount',
    'MigrationThreshold',
    'SpmVmGrace',
  ])
  assert.ok(propertiesOfPolicy(of('power_saving'), all).includes('EnableAutomaticHostPowerManagement'))
})
