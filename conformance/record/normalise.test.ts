import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Normaliser } from './normalise.ts'

test('the same id is the same number everywhere in a sample, and constants stay', () => {
  const n = new Normaliser()
  const [a, b] = ['11111111-2222-4333-8444-555555555555', '11111111-2222-4333-8444-666666666666']
  assert.equal(
    n.text(`<vm id="${a}" href="/vms/${a}"/><x id="${b}"/><t id="00000000-0000-0000-0000-000000000000"/>`),
    '<vm id="7a1d0f7e-0000-4000-8000-000000000001" href="/vms/7a1d0f7e-0000-4000-8000-000000000001"/>' +
      '<x id="7a1d0f7e-0000-4000-8000-000000000002"/><t id="00000000-0000-0000-0000-000000000000"/>',
  )
})

test('secrets, times and measured numbers are gone', () => {
  const n = new Normaliser()
  assert.equal(
    n.text('grant_type=password&username=a%40b&password=hunter2'),
    'grant_type=password&username=admin%40internal&password=SECRET',
  )
  assert.equal(n.text('{"access_token":"abc","exp":"1"}'), '{"access_token":"TOKEN","exp":"1"}')
  assert.equal(
    n.text('<ticket><expiry>7200</expiry><value>aBcDeF12</value></ticket>'),
    '<ticket><expiry>1</expiry><value>SECRET</value></ticket>',
  )
  assert.equal(
    n.text('<time>2025-11-20T17:10:55.123Z</time><used>123</used>'),
    '<time>2026-01-02T03:04:05.000Z</time><used>1</used>',
  )
})
