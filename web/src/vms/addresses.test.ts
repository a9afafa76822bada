import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressesOf } from './addresses.ts'

test('addresses are those that others can reach, IPv4 first', () => {
  const nic = (name: string, addresses: string[]) => ({ name, mac: null, addresses })
  const guest = {
    hostname: null,
    osName: null,
    osVersion: null,
    kernel: null,
    timezone: null,
    nics: [nic('lo', ['127.0.0.1/8', '::1/128']), nic('eth0', ['fe80::1/64', 'fd00::1/64', '10.0.0.11/24'])],
  }
  assert.deepEqual(addressesOf({ guest }), ['10.0.0.11', 'fd00::1'])
  assert.deepEqual(addressesOf({ guest: null }), [])
})
