import assert from 'node:assert/strict'
import { afterEach, beforeEach, mock, test } from 'node:test'
import { QueryClient, QueryObserver } from '@tanstack/react-query'
import { Refresher } from './refresh.ts'

const client = new QueryClient({ defaultOptions: { queries: { staleTime: Number.POSITIVE_INFINITY, retry: false } } })
const settled = () => new Promise<void>(resolve => setImmediate(resolve))

beforeEach(() => mock.timers.enable({ apis: ['Date', 'setTimeout'], now: 1_000_000 }))
afterEach(() => {
  mock.timers.reset()
  client.clear()
})

/** A query on screen that counts how often it was asked. */
async function shown(name: string, input: object) {
  let asked = 0
  const observer = new QueryObserver(client, { queryKey: ['ask', name, input], queryFn: () => ++asked })
  const stop = observer.subscribe(() => {})
  await settled()
  return { asked: () => asked, stop }
}

test('what is on screen and concerned is asked again at once, other things are not', async () => {
  const mine = await shown('vm.list', { ids: ['a'] })
  const other = await shown('cluster.list', { ids: ['c'] })
  new Refresher(client).apply({ type: 'change', changes: [{ kind: 'vm', id: 'a' }] })
  await settled()
  assert.deepEqual([mine.asked(), other.asked()], [2, 1])
  mine.stop()
  other.stop()
})

test('a storm of changes asks at the beginning and once after it, not for each', async () => {
  const mine = await shown('vm.list', { ids: ['a'] })
  const refresher = new Refresher(client)
  for (let i = 0; i < 50; i++) {
    refresher.apply({ type: 'change', changes: [{ kind: 'vm', id: 'a' }] })
    await settled()
  }
  assert.equal(mine.asked(), 2)
  mock.timers.tick(400)
  await settled()
  assert.equal(mine.asked(), 3)
  mine.stop()
})

test('what is not on screen is only marked old', async () => {
  const mine = await shown('vm.list', { ids: ['a'] })
  mine.stop()
  new Refresher(client).apply({ type: 'reset' })
  await settled()
  assert.equal(mine.asked(), 1)
  assert.equal(client.getQueryCache().getAll()[0]?.state.isInvalidated, true)
})
