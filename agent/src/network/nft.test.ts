import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dnsmasqArgs } from './dnsmasq.ts'
import { bridgeName } from './networks.ts'
import { noRuleset, ruleset } from './nft.ts'

test('the ruleset replaces the two tables of this agent and nothing else', () => {
  const script = ruleset(
    'rookery_rk',
    [{ bridge: 'rk0', subnet: '10.77.0.0/24' }],
    [{ tap: 't1', mac: '56:6f:00:00:00:01' }],
  )
  assert.deepEqual(script.match(/^(table|delete table) .*?(?= \{|$)/gm), [
    'table inet rookery_rk',
    'delete table inet rookery_rk',
    'table inet rookery_rk',
    'table bridge rookery_rk',
    'delete table bridge rookery_rk',
    'table bridge rookery_rk',
  ])
  assert.match(script, /ip saddr 10\.77\.0\.0\/24 ip daddr != 10\.77\.0\.0\/24 oifname != "rk0" masquerade/)
  assert.match(script, /iifname "t1" ether saddr != 56:6f:00:00:00:01 drop/)
})

test('a bridge has a name of 15 bytes at most, the same for the same network', () => {
  assert.equal(bridgeName('rk1a2b3c', 'n').length, 15)
  assert.equal(bridgeName('rk', 'n'), bridgeName('rk', 'n'))
  assert.notEqual(bridgeName('rk', 'n'), bridgeName('rk', 'm'))
})

test('the DHCP server of a bridge answers on that bridge alone, without a ping first', () => {
  const args = dnsmasqArgs({ bridge: 'rk0', prefix: '10.77.0', mtu: 1400, folder: '/f' })
  for (const arg of [
    '--interface=rk0',
    '--except-interface=lo',
    '--bind-interfaces',
    '--no-ping',
    '--conf-file=/dev/null',
  ])
    assert.ok(args.includes(arg), arg)
})

test('the tables are taken away by a script that is content when they are not there', () => {
  assert.equal(
    noRuleset('rookery_rk'),
    'table inet rookery_rk\ndelete table inet rookery_rk\ntable bridge rookery_rk\ndelete table bridge rookery_rk\n',
  )
})
