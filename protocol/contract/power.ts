import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Given } from './suite.ts'

/** Fence agents: the power of another machine. */
export function powerTests(given: Given): void {
  test('the power of another machine is asked for, cut and given again, each as often as one likes', async t => {
    const { device } = given().target
    if (device === undefined) return t.skip('this target switches nobody')
    const fence = (action: 'status' | 'off' | 'on', more = {}) => ({
      kind: 'power.fence' as const,
      action,
      device: { ...device, ...more },
      timeoutSeconds: 60,
    })
    assert.deepEqual(await given().run(fence('status')), { power: 'on' })
    assert.deepEqual(await given().twice(fence('off')), { power: 'off' })
    assert.deepEqual(await given().run(fence('status')), { power: 'off' })
    assert.deepEqual(await given().twice(fence('on')), { power: 'on' })
    await assert.rejects(given().run(fence('off', { type: 'missing' })), { code: 'fence.no_program' })
    await assert.rejects(given().run(fence('off', { password: 'wrong' })), (error: Error & { code: string }) => {
      assert.equal(error.code, 'fence.failed')
      return true
    })
    assert.deepEqual(await given().run(fence('status')), { power: 'on' })
  })
}
