import assert from 'node:assert/strict'
import { test } from 'node:test'
import { migrationShare } from './migration-share.ts'

const at = (total: number, remaining: number) =>
  ({ status: 'migrating', migration: { total, remaining } }) as Parameters<typeof migrationShare>[0]

test('the share of a migration is between nothing and all, and none without a migration', () => {
  assert.equal(migrationShare(at(200, 50)), 0.75)
  // A busy guest may have more left than it has memory.
  assert.equal(migrationShare(at(100, 130)), 0)
  assert.equal(migrationShare(at(0, 0)), undefined)
  assert.equal(migrationShare({ ...at(100, 50), status: 'up' }), undefined)
})
