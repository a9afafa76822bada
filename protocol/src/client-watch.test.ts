import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseWatchLine, readLines } from './client-watch.ts'

async function lines(pieces: string[], limit?: number): Promise<string[]> {
  const chunks = (async function* () {
    for (const piece of pieces) yield Buffer.from(piece)
  })()
  const out: string[] = []
  for await (const line of readLines(chunks, limit)) out.push(line)
  return out
}

test('lines are put together across chunks, and one that was cut off is dropped', async () => {
  assert.deepEqual(await lines(['{"a"', ':1}\n{"b":2}\n\n{"c', '":"ü"}\n{"d":']), ['{"a":1}', '{"b":2}', '{"c":"ü"}'])
})

test('a line without end breaks the contract before it fills the memory', async () => {
  await assert.rejects(lines(['x'.repeat(60), 'x'.repeat(60)], 100), { kind: 'internal', code: 'host.protocol' })
  await assert.rejects(lines([`${'x'.repeat(120)}\n`], 100), { code: 'host.protocol' })
})

test('what a newer host may say is passed over, what is wrong is not', () => {
  assert.equal(parseWatchLine('{"type":"weather","wind":3}'), undefined)
  assert.deepEqual(parseWatchLine('{"type":"heartbeat","at":1,"mood":"fine"}'), { type: 'heartbeat', at: 1 })
  for (const wrong of ['{"type":"heartbeat"}', '[]', 'null', 'hello', '{"type":"listing","incarnation":"1"}'])
    assert.throws(() => parseWatchLine(wrong), { code: 'host.protocol' })
})
