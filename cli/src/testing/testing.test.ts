import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { parseClosing } from './conformance.ts'
import { describeError } from './reporter.ts'
import { runSuite } from './run-suite.ts'
import { filesOf, suiteNames, suites } from './suites.ts'

const folder = await mkdtemp(join(tmpdir(), 'cli-testing.'))
after(() => rm(folder, { recursive: true, force: true }))
const { NODE_TEST_CONTEXT: _, ...env } = process.env

async function run(files: Record<string, string>, silence?: number) {
  const paths: string[] = []
  for (const [name, text] of Object.entries(files)) {
    paths.push(join(folder, name))
    await writeFile(join(folder, name), text)
  }
  const failures: string[] = []
  const listener = { failed: (_file: string, name: string, why: string) => void failures.push(`${name}: ${why}`) }
  const tally = await runSuite({ concurrency: 2, patience: 60, ...(silence ? { silence } : {}) }, paths, {
    env,
    listener,
  }).ended
  return { ...tally, failures }
}

const head = "import { describe, test } from 'node:test'\n"

test('tests are counted, not the suites around them, and every skip keeps its reason', async () => {
  const found = await run({
    'a.mjs': `${head}describe('s', () => { test('x', () => {}); test('y', { skip: 'no disk' }, () => {}); test('t', async t => { await t.test('u', () => {}) }) })`,
    'b.mjs': `${head}describe('whole', { skip: 'no root' }, () => { test('z', () => {}) }); test('later', { todo: 'soon' }, () => {})`,
  })
  assert.deepEqual([found.passed, found.failed, found.skipped], [3, 0, 3])
  assert.deepEqual([...found.reasons.keys()].sort(), ['no disk', 'no root', 'to do: soon'])
})

test('what tests say is told as they say it, without what node:test says of itself', async () => {
  const file = join(folder, 'said.mjs')
  await writeFile(file, `${head}test('x', t => t.diagnostic('gap 7 ms'))`)
  const said: string[] = []
  const listener = { failed: () => assert.fail(), said: (_file: string, text: string) => void said.push(text) }
  const tally = await runSuite({ concurrency: 1, patience: 60 }, [file], { env, listener }).ended
  assert.deepEqual([tally.passed, said], [1, ['gap 7 ms']])
})

test('a failure is told with the names around it, its cause and what the file printed', async () => {
  const found = await run({
    'c.mjs': `${head}describe('s', () => test('x', () => { console.log('printed'); throw new Error('outer', { cause: new Error('inner') }) }))`,
  })
  assert.deepEqual([found.passed, found.failed], [0, 1])
  assert.match(found.failures[0] ?? '', /^s › x: Error: outer[\s\S]*caused by: Error: inner[\s\S]*printed/)
})

test('a file that does not parse or ends abruptly is a failure, also after tests that passed', async () => {
  const found = await run({
    'd.mjs': 'not javascript',
    'e.mjs': `${head}test('x', () => {}); process.on('exit', () => process.exit(3))`,
  })
  assert.equal(found.failed, 2)
})

test('a file that never ends is ended and told of', { timeout: 120_000 }, async () => {
  const began = performance.now()
  const found = await run({ 'f.mjs': `${head}test('x', () => {}); setInterval(() => {}, 1000)` }, 1)
  assert.ok(performance.now() - began < 30_000)
  assert.match(found.failures[0] ?? '', /left open/)
})

test('suites find their files and nothing of node_modules', async () => {
  for (const path of [
    'a/src/x.test.ts',
    'a/contract/y.test.ts',
    'a/test/z.test.ts',
    'a/src/x.ts',
    'node_modules/p/src/q.test.ts',
    'e2e/deep/w.test.ts',
  ]) {
    await mkdir(join(folder, 'tree', path, '..'), { recursive: true })
    await writeFile(join(folder, 'tree', path), '')
  }
  const found = Object.fromEntries(
    await Promise.all(suites.map(async s => [s.name, await filesOf(s, [], join(folder, 'tree'))])),
  )
  assert.deepEqual(found, {
    chaos: [],
    unit: ['a/src/x.test.ts'],
    contract: ['a/contract/y.test.ts'],
    lab: ['a/test/z.test.ts'],
    e2e: ['e2e/deep/w.test.ts'],
    faults: [],
    long: [],
    scale: [],
  })
  assert.deepEqual(suiteNames.toSorted(), [
    'chaos',
    'conformance',
    'contract',
    'e2e',
    'faults',
    'lab',
    'long',
    'scale',
    'unit',
  ])
})

test("the clients' closing line is read, the last one if there are several", () => {
  assert.deepEqual(parseClosing('x\n1 passed, 2 failed, 3 skipped\ny\n4 passed, 0 failed, 1 skipped\n'), {
    passed: 4,
    failed: 0,
    skipped: 1,
  })
  assert.equal(parseClosing('1 passed'), undefined)
})

test('an error is shown with its causes, whatever was thrown', () => {
  assert.match(
    describeError(new Error('a', { cause: new Error('wrapped', { cause: 'text' }) })),
    /wrapped[\s\S]*caused by: text/,
  )
  assert.equal(describeError('text'), 'text')
})
