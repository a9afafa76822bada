import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import type { WatchLine } from '../src/index.ts'
import type { Given } from './suite.ts'
import { until } from './world.ts'

const order = (line: WatchLine) => ('seq' in line ? { incarnation: line.incarnation, seq: line.seq } : undefined)

/** Whether orders strictly grow. */
export function assertGrowing(lines: readonly WatchLine[]): void {
  let before = { incarnation: -1, seq: -1 }
  for (const line of lines) {
    const now = order(line)
    if (now === undefined) continue
    const grows =
      now.incarnation > before.incarnation || (now.incarnation === before.incarnation && now.seq > before.seq)
    assert.ok(grows, `${line.type}: ${JSON.stringify(before)} then ${JSON.stringify(now)}`)
    before = now
  }
}

/** What a watch says, and when. */
export function watchTests(given: Given): void {
  test('a watch begins with everything there is, of the incarnation that the facts name', async () => {
    const { client, patience } = given()
    const { incarnation } = await client.facts()
    for await (const line of client.watch({ signal: AbortSignal.timeout(patience) })) {
      if (line.type === 'heartbeat') continue
      assert.equal(line.type, 'listing')
      assert.equal(line.type === 'listing' && line.incarnation, incarnation)
      return
    }
    assert.fail('nothing was said')
  })

  test('a listing is newer than the end of every task before it', async () => {
    const { client, patience } = given()
    const end = await given().end({ kind: 'network.remove', networkId: randomUUID() })
    for await (const line of client.watch({ signal: AbortSignal.timeout(patience) })) {
      if (line.type !== 'listing') continue
      assert.ok(line.incarnation === end.incarnation && line.seq > end.seq)
      return
    }
    assert.fail('nothing was said')
  })

  test('heartbeats come at least every 5 seconds, also to two readers', async () => {
    const { client } = given()
    const hear = async () => {
      const times: number[] = [performance.now()]
      for await (const line of client.watch({ silenceMs: 9000 })) {
        if (line.type === 'heartbeat') times.push(performance.now())
        if (times.length === 3) return times
      }
      return times
    }
    for (const times of await Promise.all([hear(), hear()]))
      for (const [i, time] of times.entries())
        assert.ok(time - (times[i - 1] ?? time) < 7000, `a silence of ${time - (times[i - 1] ?? time)} ms`)
  })

  test('the end of a task is told', async () => {
    given().watch()
    await until('the listing', () => given().lines.some(l => l.type === 'listing'))
    const id = randomUUID()
    await given().end({ kind: 'network.remove', networkId: randomUUID() }, id)
    await until('the end of the task', () =>
      given().lines.some(l => l.type === 'task' && l.id === id && l.state === 'finished'),
    )
  })

  test('statistics of the host come', async () => {
    given().watch()
    const line = await until('statistics', () => given().lines.find(l => l.type === 'stats'), given().patience)
    assert.ok(line.type === 'stats' && line.host.memoryUsed > 0)
  })

  test('a closed client ends its watch without an error', async () => {
    const client = given().connect()
    const seen: string[] = []
    for await (const line of client.watch()) {
      seen.push(line.type)
      await client.close()
    }
    assert.ok(seen.length > 0)
  })
}
