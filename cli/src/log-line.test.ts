import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lastWords, readable } from './log-line.ts'

test('a line of pino reads as time, level, sentence and the rest', () => {
  const line = JSON.stringify({
    level: 30,
    time: Date.UTC(2026, 0, 2),
    pid: 1,
    hostname: 'h',
    msg: 'ready',
    port: 8443,
  })
  assert.equal(readable(line), '2026-01-02T00:00:00.000Z info ready {"port":8443}')
  assert.equal(readable('{"level":"warn","time":"2026-01-02T00:00:00Z","msg":"x"}'), '2026-01-02T00:00:00.000Z warn x')
})

test('what is no JSON, or only looks like it, stays as it is', () => {
  assert.equal(readable('LOG:  ready'), 'LOG:  ready')
  assert.equal(readable('{"half":'), '{"half":')
})

test('a line cannot write to the terminal what it likes', () => {
  assert.equal(readable('a\x1b[2Jb'), 'a\\x1b[2Jb')
})

test('last words are sentences, each once, without ours', () => {
  const text = [
    '2026-01-02T00:00:00Z supervisor: engine ended',
    '{"msg":"it ends","err":{"message":"no such file"}}',
    '{"msg":"it ends","err":{"message":"no such file"}}',
    'plain',
  ].join('\n')
  assert.equal(lastWords(text), 'it ends: no such file\nplain')
})
