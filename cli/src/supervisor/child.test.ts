import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, type TestContext, test } from 'node:test'
import { exec } from '../system/exec.ts'
import { until } from '../testing/until.ts'
import { backoff, failuresAfter, RECOVERED } from './backoff.ts'
import type { ChildSpec } from './child.ts'
import { LogFile } from './log-file.ts'
import { Supervisor } from './supervisor.ts'

const folder = await mkdtemp(join(tmpdir(), 'cli-child.'))
after(() => rm(folder, { recursive: true, force: true }))

const sleeper = ['/bin/sh', '-c', 'echo up; exec sleep 600']

const spec = (name: string, o: Partial<ChildSpec> = {}): ChildSpec => ({
  name,
  after: [],
  prepare: async () => sleeper,
  ready: async () => true,
  stop: { signal: 'SIGTERM', patience: 5_000 },
  ...o,
})

function supervise(
  t: TestContext,
  ...specs: ChildSpec[]
): { s: Supervisor; of: (name: string) => ReturnType<Supervisor['reports']>[number] } {
  const s = new Supervisor(specs, folder)
  t.after(() => s.stop())
  s.start()
  return { s, of: name => s.reports().find(r => r.name === name) ?? assert.fail(name) }
}

test('waits double up to ten seconds, and one who ran long has recovered', () => {
  assert.deepEqual([1, 2, 3, 6, 7, 100].map(backoff), [200, 400, 800, 6_400, 10_000, 10_000])
  assert.equal(failuresAfter(4, 100), 5)
  assert.equal(failuresAfter(4, RECOVERED), 1)
})

test('a program that is killed is started again', async t => {
  const { of } = supervise(t, spec('a'))
  const first = await until(() => of('a').state === 'ready' && of('a').pid)
  process.kill(first, 'SIGKILL')
  const second = await until(() => of('a').restarts === 1 && of('a').state === 'ready' && of('a').pid)
  assert.notEqual(second, first)
})

test('a program that is stopped while it is prepared does not begin', async t => {
  const prepared = Promise.withResolvers<string[]>()
  const { s, of } = supervise(t, spec('slow', { prepare: () => prepared.promise }))
  await until(() => of('slow').state === 'starting')
  const stopped = s.stop()
  prepared.resolve(sleeper)
  await stopped
  assert.deepEqual([of('slow').state, of('slow').pid], ['stopped', undefined])
})

test('a program starts when those it needs have been ready, not before', async t => {
  const gate = join(folder, 'gate')
  const { of } = supervise(t, spec('base', { ready: async () => existsSync(gate) }), spec('top', { after: ['base'] }))
  await until(() => of('base').state === 'starting' && of('base').pid)
  assert.equal(of('top').state, 'waiting')
  await writeFile(gate, '')
  await until(() => of('top').state === 'ready')
})

test('a program that keeps ending says with what last words', async t => {
  const { of } = supervise(
    t,
    spec('bad', { prepare: async () => ['/bin/sh', '-c', 'echo "no such table" >&2; exit 3'] }),
  )
  await until(() => of('bad').restarts >= 2)
  assert.match(of('bad').lastError ?? '', /ended with code 3; its last words:\nno such table/)
  assert.match(await readFile(join(folder, 'bad.log'), 'utf8'), /no such table/)
})

test('a program that cannot be prepared or does not exist is tried again and says why', async t => {
  const { of } = supervise(
    t,
    spec('unprepared', { prepare: async () => Promise.reject(new Error('no data')) }),
    spec('absent', { prepare: async () => ['/no/such/program'] }),
  )
  await until(() => of('unprepared').restarts >= 1 && of('absent').restarts >= 1)
  assert.match(of('unprepared').lastError ?? '', /could not be started: no data/)
  assert.match(of('absent').lastError ?? '', /could not be run: .*ENOENT/)
})

test('a program that stops answering is silent, not restarted', async t => {
  let answers = true
  const { of } = supervise(t, spec('mute', { ready: async () => answers }))
  await until(() => of('mute').state === 'ready')
  answers = false
  await until(() => of('mute').state === 'silent')
  assert.equal(of('mute').restarts, 0)
})

test('stopping ends programs in the reverse order, kills one that does not listen, and starts none again', async t => {
  const deaf = ['/bin/sh', '-c', 'trap "" TERM; echo up; while :; do sleep 0.1; done']
  const { s, of } = supervise(
    t,
    spec('one'),
    spec('deaf', { prepare: async () => deaf, stop: { signal: 'SIGTERM', patience: 300 } }),
  )
  await until(() => of('one').state === 'ready' && of('deaf').state === 'ready')
  await until(async () => (await readFile(join(folder, 'deaf.log'), 'utf8').catch(() => '')).includes('up'))
  const said: string[] = []
  await s.stop(line => said.push(line))
  assert.deepEqual(said, ['deaf stopped', 'one stopped'])
  assert.deepEqual(
    s.reports().map(r => [r.state, r.restarts]),
    [
      ['stopped', 0],
      ['stopped', 0],
    ],
  )
})

test('a restart that was asked for comes at once and is no failure', async t => {
  const { s, of } = supervise(t, spec('again'), spec('other'))
  const first = await until(() => of('again').state === 'ready' && of('again').pid)
  const other = await until(() => of('other').pid)
  s.restart(['again'])
  await until(() => of('again').state === 'ready' && of('again').pid !== first)
  assert.equal(of('again').restarts, 0)
  assert.equal(of('other').pid, other)
})

test('a program that others still need stays when the rest stops, and the next supervisor takes it up again', async t => {
  let needed = true
  let running: number | undefined
  const make = () => spec('stay', { stay: async () => needed, adopt: async () => running })
  const first = supervise(t, make())
  running = await until(() => first.of('stay').state === 'ready' && first.of('stay').pid)
  const said: string[] = []
  await first.s.stop(line => said.push(line))
  assert.deepEqual(said, ['stay stays for the running VMs'])
  const second = supervise(t, make())
  await until(() => second.of('stay').state === 'ready')
  assert.equal(second.of('stay').pid, running)
  needed = false
  await second.s.stop()
  const { stdout } = await exec(['ps', '-o', 'stat=', '-p', String(running)])
  assert.match(stdout.trim(), /^(Z.*)?$/) // gone, or only not collected yet by the first
})

test('a log turns over between lines and keeps so many older files', async () => {
  const file = join(folder, 'turning.log')
  const log = new LogFile(file, { limit: 100, keep: 2 })
  const line = `${'x'.repeat(39)}\n`
  for (let i = 0; i < 20; i++) log.write(line)
  log.close()
  for (const name of [file, `${file}.1`, `${file}.2`]) {
    const text = await readFile(name, 'utf8')
    assert.ok(text.length <= 120 && text.endsWith('\n'), `${name}: ${text.length}`)
  }
  assert.ok(!existsSync(`${file}.3`))
  assert.equal(log.tail(1), line.trim())
})
