import assert from 'node:assert/strict'
import { test } from 'node:test'
import { output, step } from './output.ts'

const sink = (isTTY = false) => {
  const text: string[] = []
  return { isTTY, columns: 20, write: (s: string) => void text.push(s), text: () => text.join('') }
}

test('progress goes to stderr and the result, as one JSON document, to stdout', async () => {
  const stdout = sink()
  const stderr = sink()
  const out = output({ json: true, stdout, stderr, env: {} })
  await step(
    out,
    'database',
    async () => 3,
    n => `${n} found`,
  )
  out.result('for people', { ok: true })
  assert.equal(stderr.text(), '✓ database 3 found\n')
  assert.deepEqual(JSON.parse(stdout.text()), { ok: true })
})

test('a step that throws is marked and the error goes on', async () => {
  const stderr = sink()
  const out = output({ stdout: sink(), stderr, env: {} })
  await assert.rejects(
    step(out, 'engine', async () => Promise.reject(new Error('no'))),
    /no/,
  )
  assert.equal(stderr.text(), '✗ engine\n')
})

test('a long step says without a terminal that it still runs', async t => {
  t.mock.timers.enable({ apis: ['setInterval', 'Date'] })
  const stderr = sink()
  const s = output({ stdout: sink(), stderr, every: 1_000, env: {} }).step('packages')
  s.note('40 %')
  t.mock.timers.tick(1_000)
  s.done()
  assert.equal(stderr.text(), '… packages 40 %, 1 s\n✓ packages\n')
})

test('on a terminal a running step is one line no longer than the terminal is wide', () => {
  const stderr = sink(true)
  const s = output({ stdout: sink(), stderr, env: { NO_COLOR: '1' } }).step('packages')
  s.note('a very long note that does not fit')
  s.done()
  const painted = stderr.text().split('\r\x1b[K').slice(1, -1)
  assert.ok(
    painted.every(line => line.length < 20),
    JSON.stringify(painted),
  )
})
