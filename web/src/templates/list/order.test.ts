import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareOrder } from './order.ts'

const difference = (shown: string, newest: string) => {
  const { added, moved, gone } = compareOrder([...shown], [...newest])
  return { added, moved, gone: [...gone].join('') }
}

test('new, moved and gone rows are told apart', () => {
  assert.deepEqual(difference('abcd', 'abcd'), { added: 0, moved: 0, gone: '' })
  assert.deepEqual(difference('abcd', 'xabcdy'), { added: 2, moved: 0, gone: '' })
  assert.deepEqual(difference('abcd', 'bcd'), { added: 0, moved: 0, gone: 'a' })
  assert.deepEqual(difference('abcd', 'bcda'), { added: 0, moved: 1, gone: '' })
  assert.deepEqual(difference('abcd', 'dbxca'), { added: 1, moved: 2, gone: '' })
})
