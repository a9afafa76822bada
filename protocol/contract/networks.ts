import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import type { WatchLine } from '../src/index.ts'
import type { Given } from './suite.ts'
import assert from 'node:assert/strict'

/** Logical networks. */
export function networkTests(given: Given): void {
  const skip = (t: { skip(reason: string): void }) => {
    if (given().target.powers?.networks !== false) return false
    t.skip('this target makes no networks')
    return true
  }
  const listed = async (): Promise<string[]> => {
    for await (const line of given().client.watch({ signal: AbortSignal.timeout(given().patience) }))
      if (isListing(line)) return line.networks
    return assert.fail('nothing was said')
  }

  test('a network is made, changed and taken away, each as often as one likes', async t => {
    if (skip(t)) return
    const networkId = randomUUID()
    const ensure = { kind: 'network.ensure' as const, networkId, name: 'Büro <1>', mode: 'isolated' as const }
    await given().twice({ ...ensure, mtu: 0 })
    assert.ok((await listed()).includes(networkId))
    await given().run({ ...ensure, mtu: 1400 })
    await given().twice({ kind: 'network.remove', networkId })
    assert.ok(!(await listed()).includes(networkId))
  })

  test('a bridged network is refused where no card leads out, in words that say what to do', async t => {
    if (skip(t) || given().target.powers?.uplink !== false) return
    await given().refused(
      { kind: 'network.ensure', networkId: randomUUID(), name: 'wire', mode: 'bridged', mtu: 0 },
      'conflict',
      'network.no_uplink',
    )
  })
}

const isListing = (line: WatchLine): line is Extract<WatchLine, { type: 'listing' }> => line.type === 'listing'
