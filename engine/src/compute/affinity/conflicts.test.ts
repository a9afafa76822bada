import assert from 'node:assert/strict'
import { test } from 'node:test'
import { contradiction, type Members } from './conflicts.ts'

const group = (name: string, changes: Partial<Members>): Members => ({
  name,
  vmsEnabled: false,
  vmsPositive: true,
  vmsEnforcing: true,
  hostsEnabled: false,
  hostsPositive: true,
  hostsEnforcing: true,
  vmIds: [],
  hostIds: [],
  ...changes,
})
const together = (name: string, ...vmIds: string[]) => group(name, { vmsEnabled: true, vmIds })
const apart = (name: string, ...vmIds: string[]) => group(name, { vmsEnabled: true, vmsPositive: false, vmIds })
const on = (name: string, vmIds: string[], hostIds: string[]) => group(name, { hostsEnabled: true, vmIds, hostIds })
const off = (name: string, vmIds: string[], hostIds: string[]) =>
  group(name, { hostsEnabled: true, hostsPositive: false, vmIds, hostIds })

test('VMs that one group keeps together cannot be kept apart by another, also through a third', () => {
  assert.deepEqual(contradiction([together('t', 'a', 'b'), apart('n', 'a', 'b')]), { together: 't', apart: 'n' })
  assert.deepEqual(contradiction([together('t', 'a', 'b'), together('u', 'b', 'c'), apart('n', 'a', 'c')])?.apart, 'n')
  assert.equal(contradiction([together('t', 'a', 'b'), apart('n', 'a', 'c')]), undefined)
})

test('what should be and what must be do not contradict', () => {
  const soft = { ...apart('n', 'a', 'b'), vmsEnforcing: false }
  assert.equal(contradiction([together('t', 'a', 'b'), soft]), undefined)
})

test('a VM kept on hosts that another group keeps it away from has nowhere to run', () => {
  assert.deepEqual(contradiction([on('y', ['a'], ['1', '2']), off('z', ['a'], ['1', '2', '3'])]), {
    together: 'y',
    apart: 'z',
  })
  assert.equal(contradiction([on('y', ['a'], ['1', '2']), off('z', ['a'], ['1'])]), undefined)
  assert.equal(contradiction([on('y', ['a'], ['1']), off('z', ['b'], ['1'])]), undefined)
})

test('empty groups contradict nothing', () => {
  assert.equal(contradiction([together('t'), apart('n'), on('y', ['a'], [])]), undefined)
})
