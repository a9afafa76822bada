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

test('the ground of the console imports no page, and components hold neither colours nor markup', () => {
  const at = (path: string, text: string) => importProblems([{ path, text }])
  assert.equal(at('web/src/templates/a.tsx', `import { x } from '../vms/y.ts'\n`).length, 1)
  assert.equal(at('web/src/vms/a.tsx', `import { x } from '../templates/y.ts'\n`).length, 0)
  assert.equal(at('web/src/vms/a.tsx', `import { x } from '@rookery/engine'\n`).length, 1)
  assert.equal(at('web/src/vms/a.tsx', `<i style={{ color: '#ff0000' }} />`).length, 1)
  assert.equal(at('web/src/vms/a.tsx', `<i dangerouslySetInnerHTML={x} />`).length, 1)
  assert.equal(at('web/src/vms/a.tsx', `<a href="#main">#1</a>`).length, 0)
})
