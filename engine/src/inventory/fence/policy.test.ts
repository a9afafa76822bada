import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ClusterSettings } from '../cluster/types.ts'
import { againSeconds, refusalOf } from './policy.ts'
import type { Situation } from './store.ts'

const situation = (
  more: Partial<Omit<Situation, 'fencing'>> & { fencing?: Partial<Situation['fencing']> } = {},
): Situation => ({
  powerManagement: { enabled: true, kdumpDetection: true, automatic: false },
  agents: 1,
  proxies: 1,
  hosts: 4,
  silent: 1,
  storageSeconds: null,
  ...more,
  fencing: { ...ClusterSettings.parse({}).fencing, ...more.fencing },
})
const reason = (more: Parameters<typeof situation>[0]) => refusalOf(situation(more))?.reason

test('a host that does not answer is fenced, unless one of the reasons against it holds', () => {
  assert.equal(refusalOf(situation()), undefined)
  assert.equal(
    reason({ powerManagement: { enabled: false, kdumpDetection: true, automatic: false } }),
    'not_configured',
  )
  assert.equal(reason({ agents: 0 }), 'not_configured')
  assert.equal(reason({ fencing: { enabled: false } }), 'disabled')
  assert.equal(reason({ proxies: 0 }), 'no_proxy')
})

test('too many silent hosts look like a broken network, if the cluster asks for it', () => {
  const fencing = { skipIfConnectivityBroken: true, connectivityThreshold: 50 }
  assert.equal(reason({ fencing, silent: 1 }), undefined)
  assert.equal(reason({ fencing, silent: 2 }), 'connectivity_broken')
  assert.equal(reason({ silent: 4 }), undefined)
})

test('a host that still renews its lease on storage is left alone, if the cluster asks for it', () => {
  const fencing = { skipIfStorageActive: true }
  assert.equal(reason({ fencing, storageSeconds: 3 }), 'storage_active')
  assert.equal(reason({ fencing, storageSeconds: 36 }), undefined)
  assert.equal(reason({ fencing, storageSeconds: null }), undefined)
  assert.equal(reason({ storageSeconds: 3 }), undefined)
})

test('a fence that failed is tried again ever more rarely', () => {
  assert.deepEqual([1, 2, 3, 10].map(againSeconds), [15, 30, 60, 600])
})
