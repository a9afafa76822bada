import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSha512Crypt, sha512Crypt } from './sha512-crypt.ts'

test('hashes as the specification says', () => {
  assert.equal(
    sha512Crypt('Hello world!', 'saltstring'),
    '$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1',
  )
})

test('another salt gives another hash, and both look like one', () => {
  const [a, b] = [sha512Crypt('secret', 'aaaa'), sha512Crypt('secret', 'bbbb')]
  assert.notEqual(a, b)
  assert.ok(isSha512Crypt(a) && isSha512Crypt(b))
})

test('an empty and a long password have hashes too', () => {
  assert.ok(isSha512Crypt(sha512Crypt('', 'salt')))
  assert.ok(isSha512Crypt(sha512Crypt('é'.repeat(300), 'salt')))
})
