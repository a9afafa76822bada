import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GiB } from '@rookery/model'
import { AddVm } from '@rookery/engine/compute/vm/types'
import { emptyForm, inputOf, problemsOf } from './new-vm.ts'

const id = '6f1c0a52-0000-4000-8000-000000009e77'
const form = { ...emptyForm, name: 'web1', clusterId: id, diskId: id }

test('an empty form says what is missing, a filled one nothing', () => {
  assert.deepEqual(problemsOf(emptyForm), { name: 'nameMissing', diskId: 'diskMissing' })
  assert.deepEqual(problemsOf(form), {})
})

test('each field is checked by the rules of the engine', () => {
  assert.deepEqual(problemsOf({ ...form, name: 'two words' }), { name: 'nameCharacters' })
  assert.deepEqual(problemsOf({ ...form, name: '학생-실습-01' }), {})
  assert.deepEqual(problemsOf({ ...form, memory: 'much' }), { memory: 'notASize' })
  assert.deepEqual(problemsOf({ ...form, memory: '1K' }), { memory: 'memoryRange' })
  assert.deepEqual(problemsOf({ ...form, vcpus: '0' }), { vcpus: 'vcpusRange' })
  assert.deepEqual(problemsOf({ ...form, source: 'empty', size: '' }), { size: 'notASize' })
  assert.deepEqual(problemsOf({ ...form, boot: 'cd' }), { iso: 'cdMissing' })
})

test('what the form makes is what the operation takes', () => {
  for (const source of ['image', 'empty', 'none'] as const) {
    const input = AddVm.parse(inputOf({ ...form, source, boot: 'cd', memory: '2G', vcpus: '2' }))
    assert.equal(input.config.memory, 2 * GiB)
    assert.equal(input.config.cpu?.cores, 2)
    assert.deepEqual(input.config.os?.boot, ['cdrom', 'hd'])
    assert.equal(input.disks.length, source === 'none' ? 0 : 1)
  }
})
