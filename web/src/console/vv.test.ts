import assert from 'node:assert/strict'
import { test } from 'node:test'
import { vvFile } from './vv.ts'

test('a connection file names the host’s listener', () => {
  const file = vvFile({ name: 'web1', address: '10.0.0.2', port: 5901, password: 'abcdefgh' })
  for (const line of ['[virt-viewer]', 'type=vnc', 'host=10.0.0.2', 'port=5901', 'password=abcdefgh'])
    assert.ok(file.split('\n').includes(line), line)
})

test('a name with line breaks writes no key', () => {
  const file = vvFile({ name: 'a\npassword=x\r\nhost=evil', address: 'h', port: 1, password: 'p' })
  assert.equal(file.split('\n').filter(line => /^(password|host)=/.test(line)).length, 2)
})
