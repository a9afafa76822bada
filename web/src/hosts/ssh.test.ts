import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AddHost, LookAtHost } from '../../../engine/src/inventory/host/types.ts'
import { emptySsh, placeOf, placeProblems, signInProblems, sshOf } from './ssh.ts'

const clusterId = '6f1c0a52-0000-4000-8000-000000009e77'
const fingerprint = `SHA256:${'a'.repeat(43)}`

test('a machine that is described well is what the operations take', () => {
  const draft = { ...emptySsh, name: 'hyper2', address: ' hyper2.lab ', port: '２２２２', password: ' secret ' }
  assert.deepEqual({ ...placeProblems(draft), ...signInProblems(draft) }, {})
  assert.deepEqual(LookAtHost.parse({ ...placeOf(draft), clusterId }).port, 2222)
  const made = AddHost.parse({ name: draft.name, address: placeOf(draft).address, ssh: sshOf(draft, fingerprint) })
  assert.deepEqual(made.ssh, { port: 2222, user: 'root', fingerprint, password: ' secret ' })
})

test('by the key of the engine no password goes along', () => {
  const draft = { ...emptySsh, address: '10.0.0.7', by: 'key' as const, password: 'typed before' }
  assert.deepEqual(signInProblems(draft), {})
  assert.ok(!('password' in sshOf(draft, fingerprint)))
})

test('what is wrong is named', () => {
  const draft = { ...emptySsh, address: 'http://x', port: '0', user: 'Root' }
  assert.deepEqual(placeProblems(draft), { address: 'address', port: 'port' })
  assert.deepEqual(signInProblems(draft), { user: 'user', password: 'passwordMissing' })
})
