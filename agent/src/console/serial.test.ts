import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join as path } from 'node:path'
import { duplexPair } from 'node:stream'
import { test } from 'node:test'
import { pino } from 'pino'
import { join, SerialLine } from './serial.ts'

const text = (a: string, b: string): string => join(Buffer.from(a), Buffer.from(b)).toString()

test('what is in the log and came live is shown once', () => {
  assert.equal(text('boot\nready\n', 'ready\n# '), 'boot\nready\n# ')
  assert.equal(text('boot\n', 'ready\n'), 'boot\nready\n')
  assert.equal(text('', 'ready\n'), 'ready\n')
  assert.equal(text('boot ready', 'ready'), 'boot ready')
})

test('late visitors see what was said before, and all visitors share the line', async t => {
  const folder = mkdtempSync(path(tmpdir(), 'rk-serial.'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const guest = Promise.withResolvers<Socket>()
  const server = createServer(socket => guest.resolve(socket)).listen(path(folder, 'tty'))
  t.after(() => server.close())
  writeFileSync(path(folder, 'log'), 'said before the agent came\n')
  const line = new SerialLine(path(folder, 'tty'), path(folder, 'log'), pino({ level: 'silent' }))
  t.after(() => line.end())
  const tty = await guest.promise
  const hear = async () => {
    const [visitor, own] = duplexPair()
    let heard = ''
    visitor.setEncoding('latin1').on('data', (s: string) => {
      heard += s
    })
    await line.visit(own)
    return { visitor, heard: () => heard }
  }
  const first = await hear()
  tty.write('live\n')
  const until = async (look: () => boolean) => {
    while (!look()) await new Promise(resolve => setImmediate(resolve))
  }
  await until(() => first.heard().includes('live'))
  const second = await hear()
  await until(() => second.heard() === 'said before the agent came\nlive\n')
  assert.equal(first.heard(), second.heard())
  const typed = new Promise<string>(resolve => tty.once('data', bytes => resolve(bytes.toString())))
  second.visitor.write('ls\r')
  assert.equal(await typed, 'ls\r')
})
