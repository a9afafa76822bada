import assert from 'node:assert/strict'
import { test } from 'node:test'
import { desEcb, vncResponse } from './vnc-auth.ts'

test('the cipher is single DES', () => {
  // The example worked through in J. Orlin Grabbe, "The DES Algorithm Illustrated".
  const [key, plain] = [Buffer.from('133457799bbcdff1', 'hex'), Buffer.from('0123456789abcdef', 'hex')]
  assert.equal(desEcb(key, plain).toString('hex'), '85e813540f0ab405')
})

test('only eight characters of a password count, and the challenge is answered in two equal halves', () => {
  const challenge = Buffer.alloc(16, 7)
  const response = vncResponse('password', challenge)
  assert.deepEqual(response, vncResponse('password and more', challenge))
  assert.deepEqual(response.subarray(0, 8), response.subarray(8))
  assert.notDeepEqual(response, vncResponse('Password', challenge))
})
