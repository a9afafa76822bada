import assert from 'node:assert/strict'
import { test } from 'node:test'
import { migrationPolicyOf } from '../../inventory/cluster/migration-policy.ts'
import { ClusterSettings } from '../../inventory/cluster/types.ts'
import { VmConfig } from '../vm/config.ts'
import { planOf } from './plan.ts'

const card = (speed: number | null, up = true) => ({
  nics: [{ name: 'eno1', mac: null, mtu: 1500, up, speed, addresses: [] }],
})
const policy = (migration: object = {}) =>
  migrationPolicyOf(ClusterSettings.parse({ migration }), VmConfig.parse({}).migration)

test('the usual plan is encrypted, begins with a short pause and gives up in the end', () => {
  const plan = planOf(policy(), [card(null), card(null)])
  assert.deepEqual([plan.encrypted, plan.downtime, plan.bandwidth], [true, 100, null])
  assert.deepEqual(plan.convergence.at(-1)?.action, { kind: 'abort' })
})

test('by itself a migration takes half of the slower link, shared by as many as go at a time', () => {
  const { parallel } = policy()
  const { bandwidth } = planOf(policy(), [card(10_000_000_000), card(1_000_000_000)])
  assert.equal(bandwidth, 1_000_000_000 / 8 / (2 * parallel))
  assert.equal(planOf(policy(), [card(10_000_000_000), card(1_000_000_000, false)]).bandwidth, null)
})

test('what people say of the bandwidth counts more than the link', () => {
  const said = policy({ bandwidth: 'custom', bandwidthMbps: 800 })
  assert.equal(planOf(said, [card(1_000_000_000), card(null)]).bandwidth, 100_000_000)
})
