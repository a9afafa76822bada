import assert from 'node:assert/strict'
import { test } from 'node:test'
import { importProblems } from './import-rules.ts'

test('an engine source may not import the simulator, its test may', () => {
  const text = `import { x } from '@rookery/simulator'\n`
  assert.deepEqual(importProblems([{ path: 'engine/src/compute/a.ts', text }]), [
    'engine/src/compute/a.ts imports @rookery/simulator, which engine may not',
  ])
  assert.deepEqual(importProblems([{ path: 'engine/src/compute/a.test.ts', text }]), [])
})

test('a domain may not import a dialect', () => {
  const problems = importProblems([
    { path: 'engine/src/compute/a.ts', text: `import { x } from '../dialects/ovirt/y.ts'\n` },
  ])
  assert.equal(problems.length, 1)
})

test('no package reaches into another by path', () => {
  assert.equal(
    importProblems([{ path: 'agent/src/a.ts', text: `import { x } from '../../model/src/vm.ts'\n` }]).length,
    1,
  )
})
