import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Task, TaskRequest } from '@rookery/protocol'
import { openState } from '../state/database.ts'
import { startHostState } from '../state/host-state.ts'
import { Journal, retentionMs } from './journal.ts'

const folder = (t: TestContext): string => {
  const path = mkdtempSync(join(tmpdir(), 'rk-journal.'))
  t.after(() => rmSync(path, { recursive: true, force: true }))
  return path
}
const task: Task = { kind: 'network.remove', networkId: randomUUID() }
const request = (change: Partial<TaskRequest> = {}): TaskRequest => ({ jobCreatedAt: Date.now(), task, ...change })
const at = { incarnation: 1, seq: 2 }

test('a task is accepted once; its end is told as often as it is asked for', t => {
  const journal = new Journal(openState(folder(t)))
  const id = randomUUID()
  assert.equal(journal.accept(id, request()), true)
  assert.equal(journal.accept(id, request()), false)
  journal.end(id, { state: 'finished', result: { a: 1 } }, at)
  journal.end(id, { state: 'failed', error: { kind: 'internal', code: 'x', message: 'later' } }, at)
  assert.deepEqual(journal.state(id), { id, state: 'finished', result: { a: 1 }, ...at })
  assert.equal(journal.accept(id, request()), false)
})

test('a cancelled id is closed for good, also one never seen', t => {
  const path = folder(t)
  const journal = new Journal(openState(path))
  const id = randomUUID()
  assert.deepEqual(journal.cancel(id), { id, state: 'cancelled' })
  assert.throws(() => journal.accept(id, request()), { code: 'task.cancelled' })
  assert.throws(() => new Journal(openState(path)).accept(id, request()), { code: 'task.cancelled' })
})

test('a running task that was cancelled is marked and not done again', t => {
  const journal = new Journal(openState(folder(t)))
  const id = randomUUID()
  journal.accept(id, request())
  assert.equal(journal.cancel(id).state, 'running')
  assert.throws(() => journal.accept(id, request()), { code: 'task.cancelled' })
  assert.deepEqual(
    journal.unfinished().map(u => u.cancel),
    [true],
  )
})

test('requests of jobs of more than 7 days ago are refused; acknowledged ends are kept 7 days', t => {
  let now = Date.now()
  const journal = new Journal(openState(folder(t)), () => now)
  const id = randomUUID()
  assert.throws(() => journal.accept(id, request({ jobCreatedAt: now - retentionMs - 1 })), { code: 'task.expired' })
  journal.accept(id, request())
  journal.end(id, { state: 'finished', result: null }, at)
  now += retentionMs * 2
  journal.prune()
  assert.notEqual(journal.state(id), null, 'never acknowledged')
  journal.acknowledge([id, randomUUID()])
  now += retentionMs
  journal.prune()
  assert.notEqual(journal.state(id), null)
  now += 1
  journal.prune()
  assert.equal(journal.state(id), null)
})

test('an older SPM epoch is refused durably, and refusing leaves nothing behind', t => {
  const path = folder(t)
  const poolId = randomUUID()
  const spm = (epoch: number): TaskRequest =>
    request({ task: { kind: 'storage.detach', storageDomainId: randomUUID(), spm: { poolId, epoch } } })
  const journal = new Journal(openState(path))
  journal.accept(randomUUID(), spm(5))
  const id = randomUUID()
  assert.throws(() => new Journal(openState(path)).accept(id, spm(4)), { kind: 'conflict', code: 'spm.stale_epoch' })
  assert.equal(journal.state(id), null)
  assert.equal(journal.accept(randomUUID(), spm(5)), true)
})

test('the body of a task that ended is nowhere in the files any more', t => {
  const path = folder(t)
  const db = openState(path)
  const journal = new Journal(db)
  const id = randomUUID()
  const secret = 'hunter2-hunter2-hunter2'
  const console: Task = {
    kind: 'vm.console',
    vmId: randomUUID(),
    runId: randomUUID(),
    protocol: 'vnc',
    ticket: secret,
    mode: 'stream',
    password: null,
    expiresInSeconds: 60,
    address: null,
  }
  journal.accept(id, request({ task: console }))
  journal.end(id, { state: 'finished', result: null }, at)
  db.exec('pragma wal_checkpoint(truncate)')
  assert.ok(!readFileSync(join(path, 'agent.db')).includes(secret))
})

test('whatever was answered before a kill -9 is there after it, and nothing is broken', async t => {
  const path = folder(t)
  const script = `
    import { randomUUID } from 'node:crypto'
    import { openState } from ${JSON.stringify(join(import.meta.dirname, '../state/database.ts'))}
    import { Journal } from ${JSON.stringify(join(import.meta.dirname, 'journal.ts'))}
    const journal = new Journal(openState(${JSON.stringify(path)}))
    const task = { kind: 'network.remove', networkId: randomUUID() }
    for (;;) {
      const id = randomUUID()
      journal.accept(id, { jobCreatedAt: Date.now(), task })
      process.stdout.write('accepted ' + id + '\\n')
      if (Math.random() < 0.5) {
        journal.end(id, { state: 'finished', result: null }, { incarnation: 1, seq: 1 })
        process.stdout.write('ended ' + id + '\\n')
      }
      await new Promise(resolve => setImmediate(resolve))
    }`
  for (let round = 0; round < 4; round++) {
    const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let said = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text
      if (said.length > 2000 + round * 777) child.kill('SIGKILL')
    })
    await once(child, 'close')
    const db = openState(path)
    assert.equal(db.prepare('pragma integrity_check').get()?.integrity_check, 'ok')
    assert.equal(startHostState(db).incarnation, round + 1)
    const journal = new Journal(db)
    const lines = said.split('\n').slice(0, -1)
    assert.ok(lines.length > 20)
    for (const line of lines) {
      const [word, id] = line.split(' ')
      const state = journal.state(id ?? '')
      assert.ok(state !== null, line)
      if (word === 'ended') assert.equal(state.state, 'finished')
    }
    db.close()
  }
})
