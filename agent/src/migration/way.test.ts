import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MigrationPlan } from '@rookery/protocol'
import { howOf } from './departure.ts'
import { sendsRunning, wayOf } from './way.ts'

const plan: MigrationPlan = {
  bandwidth: 50 * 1024 * 1024,
  connections: null,
  autoConverge: true,
  compressed: false,
  encrypted: true,
  downtime: 100,
  convergence: [],
}
const postCopy: MigrationPlan = { ...plan, convergence: [{ stalls: 3, action: { kind: 'post_copy' } }] }

test('a guest that is emulated by an old QEMU does not run while its memory is sent', () => {
  assert.equal(sendsRunning('kvm', '7.2.22'), true)
  assert.equal(sendsRunning('tcg', '10.0.2'), true)
  assert.equal(sendsRunning('tcg', '7.2.22'), false)
  assert.equal(wayOf(plan, true), 'live')
  assert.equal(wayOf(plan, false), 'paused')
  assert.equal(wayOf(postCopy, true), 'live')
  assert.equal(wayOf(postCopy, false), 'post_copy')
})

test('libvirt is told to pause it, or to send next to nothing before it goes on at the other side', () => {
  const target = { address: '10.0.0.2', port: 16_514 } as Parameters<typeof howOf>[1]
  const parts = { address: '10.0.0.1', port: 16_514, libvirtPki: '/pki' }
  const told = (way: 'live' | 'paused' | 'post_copy', of = plan) => {
    const { live, autoConverge, bandwidthMiBps } = howOf(of, target, parts, way)
    return { live, autoConverge, bandwidthMiBps }
  }
  assert.deepEqual(told('live'), { live: true, autoConverge: true, bandwidthMiBps: 50 })
  assert.deepEqual(told('paused'), { live: false, autoConverge: false, bandwidthMiBps: 50 })
  assert.deepEqual(told('post_copy', postCopy), { live: true, autoConverge: false, bandwidthMiBps: 1 })
})
