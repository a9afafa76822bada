import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reportedNics } from './guest.ts'

const addresses = (...all: string[]) => all.map(a => ({ 'ip-address': a }))

test('cards are reported with their addresses, loopback is not', () => {
  const nics = reportedNics([
    { name: 'lo', 'hardware-address': '00:00:00:00:00:00', 'ip-addresses': addresses('127.0.0.1', '::1') },
    {
      name: 'eth0',
      'hardware-address': '56:6F:00:00:00:0A',
      'ip-addresses': addresses('10.0.0.5', '127.0.0.53', 'fe80::1'),
    },
    { name: 'Loopback Pseudo-Interface 1', 'ip-addresses': addresses('::1') },
    { name: 'tunl0' },
  ])
  assert.deepEqual(nics, [
    { name: 'eth0', mac: '56:6f:00:00:00:0a', addresses: ['10.0.0.5', 'fe80::1'] },
    { name: 'tunl0', mac: null, addresses: [] },
  ])
})
