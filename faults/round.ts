import assert from 'node:assert/strict'
import { until } from '../engine/test/until.ts'
import { Worker } from './load.ts'
import { Dice } from './plan.ts'
import type { PretendedSite } from './pretended-site.ts'
import { broken, quiet } from './verdict.ts'

/** Work under way on a pretended site, for as long as `trouble` takes; then everything must be as it must be. `answers`: how many requests were answered well so far. */
export async function roundOf(
  site: PretendedSite,
  o: { seed: string; logs: string; workers?: number },
  trouble: (answers: () => number) => Promise<void>,
): Promise<void> {
  const stop = new AbortController()
  const crew = Array.from(
    { length: o.workers ?? 4 },
    (_, i) =>
      new Worker({
        site,
        dice: new Dice(`${o.seed} ${i}`),
        name: `${o.seed.replaceAll(/\W/g, '')}w${i}`,
        stop: stop.signal,
      }),
  )
  const work = Promise.all(crew.map(worker => worker.run()))
  try {
    await trouble(() => crew.reduce((sum, worker) => sum + worker.answers, 0))
  } finally {
    stop.abort()
    await work
  }
  site.note(o.logs, `${o.seed}: quiet; ${JSON.stringify(crew.map(worker => worker.done))}`)
  await quiet(site)
  const all = crew.flatMap(worker => worker.promised)
  assert.ok(all.filter(p => p.made).length > 0, 'the load made nothing: the round means nothing')
  await standing(site)
  assert.deepEqual(await broken(site, all), [])
  assert.deepEqual(await site.violations(), [])
  assert.deepEqual((await site.invariants()).differences, [])
  const left = all.filter(p => p.removal !== 'acknowledged')
  // What the round leaves would only slow the next one.
  for (const [kind, name] of [
    ['vm', 'vm.stop'],
    ['vm', 'vm.remove'],
    ['disk', 'disk.remove'],
  ] as const) {
    for (const { id } of left.filter(p => p.kind === kind)) await site.ask('op', name, { id })
    await quiet(site)
  }
}

/** Hosts and storage are up again. */
async function standing(site: PretendedSite): Promise<void> {
  await until(
    async () => {
      const [row] = await site.sql<{ down: number }>`
        select ((select count(*) from host where status <> 'up') + (select count(*) from storage_domain where status <> 'active'))::int as down`
      return row?.down === 0
    },
    { timeoutMs: 90_000, everyMs: 100, what: 'hosts and storage to be up again' },
  )
}
