import assert from 'node:assert/strict'
import { test } from 'node:test'
import { splitUserName } from './login.ts'
import { hashPassword, verifyPassword } from './passwords.ts'
import { builtInRoles } from './roles.ts'

test('a password is verified by its hash, and no other one', async () => {
  const hash = await hashPassword('correct horse')
  assert.match(hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  assert.equal(await verifyPassword('correct horse', hash), true)
  assert.equal(await verifyPassword('correct horsf', hash), false)
  assert.notEqual(hash, await hashPassword('correct horse'))
})

test('without a hash, or with one of another form, nobody gets in', async () => {
  assert.equal(await verifyPassword('', null), false)
  assert.equal(await verifyPassword('x', 'x'), false)
})

test('a user name is split at its last @', () => {
  assert.deepEqual(splitUserName('admin'), { name: 'admin', profile: 'internal' })
  assert.deepEqual(splitUserName('a@b@internal'), { name: 'a@b', profile: 'internal' })
  assert.deepEqual(splitUserName('admin@internal-authz'), { name: 'admin', profile: 'internal' })
})

test('built-in roles have distinct ids, and only administrative ones hold administrative permits', async () => {
  const { permits } = await import('./permits.ts')
  const administrative = new Set(permits.filter(p => p.administrative).map(p => p.name))
  assert.equal(new Set(builtInRoles.map(role => role.id)).size, builtInRoles.length)
  assert.equal(new Set(permits.map(p => p.id)).size, permits.length)
  const wrong = builtInRoles
    .filter(r => !r.administrative)
    .flatMap(r => r.permits.filter(p => administrative.has(p)).map(p => `${r.name} ${p}`))
  assert.deepEqual(wrong, [])
})
