import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WayOut } from './release.ts'

function outs(keys: string): number {
  let count = 0
  const way = new WayOut()
  for (const key of keys.split(' ')) {
    if (key === 'blur') way.forget()
    else if (key.startsWith('+')) way.down(key.slice(1))
    else if (way.up(key.slice(1))) count++
  }
  return count
}

test('Ctrl and Alt together, let go, give the keyboard back', () => {
  assert.equal(outs('+ControlLeft +AltLeft -AltLeft -ControlLeft'), 1)
  assert.equal(outs('+AltRight +ControlRight -ControlRight -AltRight'), 1)
})

test('a chord with another key belongs to the guest', () => {
  assert.equal(outs('+ControlLeft +AltLeft +Delete -Delete -AltLeft -ControlLeft'), 0)
  assert.equal(outs('+ControlLeft +KeyC -KeyC -ControlLeft'), 0)
  assert.equal(outs('+ControlLeft -ControlLeft +AltLeft -AltLeft'), 0)
})

test('what was held before the focus went does not count', () => {
  assert.equal(outs('+ControlLeft blur +AltLeft -AltLeft'), 0)
})
