import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keyOf } from './keys.ts'

const press = (o: object) =>
  keyOf({ key: '', code: '', isComposing: false, shiftKey: false, ctrlKey: false, altKey: false, metaKey: false, ...o })

test('a Korean layout gives the key that was pressed', () => {
  assert.equal(press({ key: 'g', code: 'KeyG' }), 'g')
  assert.equal(press({ key: 'ㅎ', code: 'KeyG' }), 'g')
  assert.equal(press({ key: 'ㅆ', code: 'KeyT', shiftKey: true }), 't')
})

test('nothing counts while a syllable is composed', () => {
  assert.equal(press({ key: 'Enter', code: 'Enter', isComposing: true }), undefined)
  assert.equal(press({ key: 'Process', code: 'KeyG' }), undefined)
})

test('signs and named keys are themselves', () => {
  assert.equal(press({ key: '/', code: 'Slash' }), '/')
  assert.equal(press({ key: '?', code: 'Slash', shiftKey: true }), '?')
  assert.equal(press({ key: 'Escape', code: 'Escape' }), 'Escape')
})
