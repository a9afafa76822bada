import assert from 'node:assert/strict'
import { test } from 'node:test'
import { migrationPolicyOf, minimalDowntimeId, type VmMigrationWish } from './migration-policy.ts'
import { ClusterSettings } from './types.ts'

const silent: VmMigrationWish = {
  autoConverge: 'inherit',
  compressed: 'inherit',
  encrypted: 'inherit',
  policyId: null,
  downtime: null,
}
const cluster = (migration: object = {}) => ClusterSettings.parse({ migration })

test('a cluster and a VM that say nothing have the policy of minimal downtime, encrypted, with a share of the link', () => {
  const policy = migrationPolicyOf(cluster(), silent)
  assert.equal(policy.id, minimalDowntimeId)
  assert.equal(policy.bandwidth, 'auto')
  assert.equal(policy.encrypted, true)
  assert.deepEqual(policy.convergence.at(-1), { stalls: 7, action: { kind: 'abort' } })
})

test('the VM is heard before the cluster, and the cluster before the policy', () => {
  const post = 'a7aeedb2-8d66-4e51-bb22-32595027ce71'
  assert.equal(migrationPolicyOf(cluster({ policyId: post }), silent).name, 'Post-copy migration')
  const own = migrationPolicyOf(cluster({ policyId: post, compressed: 'true' }), {
    ...silent,
    policyId: minimalDowntimeId,
    downtime: 70,
    encrypted: 'false',
  })
  assert.deepEqual([own.id, own.downtime, own.compressed, own.encrypted], [minimalDowntimeId, 70, true, false])
})

test('a bandwidth that was said is bytes a second for one migration', () => {
  const custom = cluster({ bandwidth: 'custom', bandwidthMbps: 800 })
  assert.equal(migrationPolicyOf(custom, silent).bandwidth, 100_000_000)
  assert.equal(migrationPolicyOf(cluster({ bandwidth: 'hypervisor_default' }), silent).bandwidth, 52 * 1024 * 1024)
})

test('a policy that nobody knows any more is no reason not to migrate', () => {
  const policy = migrationPolicyOf(cluster({ policyId: '11111111-1111-4111-8111-111111111111' }), silent)
  assert.equal(policy.id, minimalDowntimeId)
})
