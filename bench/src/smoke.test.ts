import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { adminPassword } from '../../engine/test/engine.ts'
import { startWorld } from '../../engine/test/small-world.ts'
import { type BenchContext, type Figure, quickSize, reached, type Size } from './bench.ts'
import { listing } from './benches/listing.ts'
import { tokens } from './benches/tokens.ts'
import { runBenches } from './index.ts'
import { describeMachine } from './machine.ts'
import { table } from './report.ts'
import type { Target } from './target.ts'
import { append, trendLine } from './trend.ts'

const tiny: Size = { ...quickSize, warmUp: 0, rounds: 1, loadMs: 1, few: 2, many: 3 }

/** Runs a bench against an engine in this process, as `runBenches` would against an instance. */
async function small(bench: typeof listing, target: Target): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'rookery-bench-test-'))
  const undo: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })]
  const ctx: BenchContext = {
    size: tiny,
    folder,
    progress: { step: () => ({ note() {}, done() {}, failed() {} }), info() {} },
    target: async () => target,
    onEnd: step => void undo.push(step),
  }
  try {
    return await bench.run(ctx)
  } finally {
    for (const step of undo.toReversed()) await step()
  }
}

test('benches of lists and tokens run, find figures for each of their cases, and make a line of the trend', async t => {
  const world = await startWorld()
  t.after(() => world.stop())
  const { config } = world.one.engine.handle
  const target: Target = {
    origin: world.one.url,
    ca: await readFile(config.tls.ca, 'utf8'),
    caFile: config.tls.ca,
    user: 'admin@internal',
    password: adminPassword,
    database: config.database,
    simulatedCluster: 'Default',
    real: undefined,
  }
  const figures = [...(await small(listing, target)), ...(await small(tokens, target))]
  const keys = figures.map(figure => figure.key)
  assert.deepEqual(keys, [...new Set(keys)], 'each key once')
  for (const key of ['listing.2.xml.c16', 'listing.3.json.c1', 'listing.one.xml.c1', 'listing.follow.xml.c16'])
    assert.ok(keys.includes(key), key)
  for (const key of ['tokens.issue.c1', 'tokens.validate.c16', 'tokens.validate.c16.bare'])
    assert.ok(keys.includes(key))
  for (const figure of figures) {
    assert.ok(figure.value > 0, `${figure.key} is ${figure.value}`)
    assert.ok(figure.low <= figure.value && figure.value <= figure.high, figure.key)
  }

  assert.equal(table(figures).split('\n').length, figures.length)
  const file = join(await mkdtemp(join(tmpdir(), 'rookery-bench-test-')), 'trend', 'trend.ndjson')
  t.after(() => rm(join(file, '../..'), { recursive: true }))
  const machine = await describeMachine('none')
  for (const quick of [true, false]) await append(file, await trendLine(figures, { at: new Date(0), quick, machine }))
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n')
  assert.equal(lines.length, 2, 'a later run appends')
  const { figures: found, at } = JSON.parse(lines[0] ?? '')
  assert.equal(at, '1970-01-01T00:00:00.000Z')
  assert.ok(found['listing.2.xml.c16'] > 0 && found['listing.2.xml.c16.p99'] > 0)
})

test('an aim is reached only if all of it is', () => {
  const figure = { key: 'a', title: 'a', unit: '/s', value: 300, p99: 100, low: 1, high: 1, runs: 1 } satisfies Figure
  assert.equal(reached(figure), undefined)
  assert.equal(reached({ ...figure, aim: { least: 300, p99: 150 } }), true)
  assert.equal(reached({ ...figure, aim: { least: 301 } }), false)
  assert.equal(reached({ ...figure, aim: { least: 300, p99: 99 } }), false)
  assert.equal(reached({ ...figure, aim: { most: 299 } }), false)
})

test('a name that is no bench is refused with those that are', async () => {
  const progress = { step: () => ({ note() {}, done() {}, failed() {} }), info() {} }
  await assert.rejects(
    runBenches(['nonsense'], { quick: true, record: false, trendFile: '/nowhere', root: false, progress }),
    /no bench "nonsense".*listing.*tokens/,
  )
})
