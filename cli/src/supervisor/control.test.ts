import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { once } from 'node:events'
import { after, test } from 'node:test'
import { ask, listen, report, type SupervisorReport } from './control.ts'

const folder = await mkdtemp(join(tmpdir(), 'cli-control.'))
after(() => rm(folder, { recursive: true, force: true }))

const nobody: SupervisorReport = { pid: 1, version: '0', startedAt: '', children: [], notes: [] }

test('a question is answered, progress is heard, and only the owner may ask', async t => {
  const path = join(folder, 'a.sock')
  const server = await listen(path, async (request, said) => {
    if (request.do === 'status') return { report: nobody }
    said('one')
    said('two')
    return { done: true }
  })
  t.after(() => server.close())
  assert.equal((await stat(path)).mode & 0o777, 0o600)
  assert.deepEqual(await report(path), nobody)
  const heard: string[] = []
  assert.deepEqual(await ask(path, { do: 'stop' }, line => heard.push(line)), { done: true })
  assert.deepEqual(heard, ['one', 'two'])
})

test('where nobody listens the answer is none', async () => {
  assert.equal(await report(join(folder, 'none.sock')), undefined)
})

test('what is no request ends the connection and nothing else', async t => {
  const path = join(folder, 'b.sock')
  const server = await listen(path, async () => ({ report: nobody }))
  t.after(() => server.close())
  for (const text of ['garbage\n', '{"do":"format"}\n']) {
    const socket = createConnection(path)
    socket.write(text)
    socket.resume()
    await once(socket, 'close')
  }
  assert.deepEqual(await report(path), nobody)
})

test('a path too long for a socket address works all the same', async t => {
  const deep = join(folder, 'd'.repeat(100), 'e'.repeat(100))
  await mkdir(deep, { recursive: true })
  const server = await listen(join(deep, 's.sock'), async () => ({ report: nobody }))
  t.after(() => server.close())
  assert.deepEqual(await report(join(deep, 's.sock')), nobody)
})
