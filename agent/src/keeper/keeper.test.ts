import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, type TestContext, test } from 'node:test'
import { makeAreaFile } from '../lease/area-file.ts'
import { defaultTimes } from '../lease/times.ts'
import { KeeperClient } from './client.ts'
import { findProcess } from './process.ts'
import type { KeeperConfig } from './requests.ts'

// Keepers as processes of their own, each with guests that are processes too: what writes is not what keeps.
const times = {
  ...defaultTimes,
  renew: 0.4,
  io: 1,
  stop: 3,
  kill: 3.5,
  reset: 4,
  watchdog: 1,
  late: 0.5,
  // Much longer than the stand-in for the watchdog needs on a busy machine.
  dead: 12,
  gap: 2.5,
  see: 3.5,
}
const folder = mkdtempSync(join(tmpdir(), 'rookery-keeper-'))
const storageDomainId = randomUUID()
const area = join(folder, 'rookery_leases')
const limit = { timeout: 300_000 }
const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))

before(() => makeAreaFile(area, { areaId: randomUUID(), storageDomainId, slots: 256, buckets: 4, times }, null))
after(() => rmSync(folder, { recursive: true, force: true }))

let hosts = 0

class Host {
  readonly config: KeeperConfig
  readonly events: string[] = []
  readonly guests: ChildProcess[] = []
  private readonly t: TestContext
  private readonly file: string
  keeper!: ChildProcess

  constructor(t: TestContext, watchdog = false) {
    const name = join(folder, `host${hosts++}`)
    this.t = t
    this.file = `${name}.json`
    this.config = {
      socket: `${name}.sock`,
      state: `${name}.state`,
      area,
      storageDomainId,
      hostId: randomUUID(),
      watchdog: watchdog ? `${name}.watchdog` : null,
    }
    writeFileSync(this.file, JSON.stringify(this.config))
    t.after(() => {
      this.keeper.kill('SIGKILL')
      for (const guest of this.guests) guest.kill('SIGKILL')
    })
  }

  /** Starts the keeper; resolves with the first word of it, `ready` or what it ended with. */
  async start(): Promise<this> {
    this.keeper = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), this.file], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const { stdout, stderr } = this.keeper
    if (stdout === null || stderr === null) throw new Error('no output')
    createInterface({ input: stdout }).on('line', line => this.events.push(line))
    createInterface({ input: stderr }).on('line', line => this.events.push(line))
    const from = this.events.length
    await until(() => this.keeper.exitCode !== null || this.events.slice(from).some(e => e.includes('"ready"')))
    return this
  }

  async ask(request: Parameters<KeeperClient['ask']>[0]): Promise<Record<string, unknown>> {
    const client = await KeeperClient.connect(this.config.socket)
    try {
      return await client.ask(request)
    } finally {
      client.close()
    }
  }

  async takes(resource: string, timed = false): Promise<boolean> {
    return this.ask({ do: 'claim', resource, timed }).then(
      () => true,
      error => {
        if (error.code !== 'lease.held' && error.code !== 'lease.not_now') throw error
        return false
      },
    )
  }

  /** Takes the resource and starts a process that writes to `truth` all the time. */
  async run(resource: string, truth: string, timed = false): Promise<ChildProcess> {
    await until(() => this.takes(resource, timed))
    const guest = spawn('/bin/sh', ['-c', `while :; do echo ${this.config.hostId} >> ${truth}; sleep 0.05; done`])
    this.guests.push(guest)
    await this.ask({ do: 'start', resource, pid: guest.pid ?? 0 })
    await until(() => existsSync(truth))
    return guest
  }

  async generation(): Promise<string> {
    return String((await this.ask({ do: 'status' })).generation)
  }
}

/** Waits for a state; the test's own limit ends a wait for nothing. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await pause(50)
}

const stateOf = (guest: ChildProcess) => {
  const stat = readFileSync(`/proc/${guest.pid}/stat`, 'latin1')
  return stat.slice(stat.lastIndexOf(')') + 2)[0]
}

test('requests that make no sense, and holding for a time without a watchdog, are refused', limit, async t => {
  const host = await new Host(t).start()
  const resource = randomUUID()
  await assert.rejects(host.ask({ do: 'claim', resource: 'disk', timed: false }), { code: 'lease.request' })
  await assert.rejects(host.ask({ do: 'claim', resource, timed: true }), { code: 'lease.no_watchdog' })
  await assert.rejects(host.ask({ do: 'start', resource, pid: process.pid }), { code: 'lease.not_held' })
  // What is not held is let go already.
  await host.ask({ do: 'release', resource })
  await assert.rejects(host.ask({ do: 'declare', of: 'f'.repeat(32), cause: 'fenced' }), {
    code: 'lease.cannot_declare',
  })
  const second = new Host(t)
  writeFileSync(second.config.state, readFileSync(host.config.state))
  await second.start()
  assert.ok(
    second.events.some(e => e.includes('runs already')),
    second.events.join('\n'),
  )
})

test(
  'a keeper that is killed is followed by one that goes on with its guest; its end frees what it used',
  limit,
  async t => {
    const [a, b] = await Promise.all([new Host(t).start(), new Host(t).start()])
    const resource = randomUUID()
    const guest = await a.run(resource, join(folder, 'followed'))
    const generation = await a.generation()
    await until(async () => {
      const refusal = await b.ask({ do: 'claim', resource, timed: false }).catch(error => error)
      return refusal.code === 'lease.held' && refusal.message.includes(`host ${a.config.hostId} since`)
    })
    a.keeper.kill('SIGKILL')
    await until(() => a.keeper.signalCode !== null)
    assert.equal(await b.takes(resource), false)
    await a.start()
    assert.equal(await a.generation(), generation)
    await until(async () => (await a.ask({ do: 'status' })).valid === true && stateOf(guest) !== 'T')
    assert.equal(await b.takes(resource), false)
    guest.kill('SIGKILL')
    await until(() => b.takes(resource))
  },
)

test(
  'a keeper that was frozen stops its guest before it goes on, and lets it go on when nobody took over',
  limit,
  async t => {
    const a = await new Host(t).start()
    const guest = await a.run(randomUUID(), join(folder, 'frozen'))
    a.keeper.kill('SIGSTOP')
    // Longer than the lease lives; there is no state to wait for in a process that stands still.
    await pause((times.stop + 1) * 1000)
    a.keeper.kill('SIGCONT')
    await until(() => a.events.some(e => e.includes('SIGSTOP')) && a.events.some(e => e.includes('SIGCONT')))
    await until(() => stateOf(guest) !== 'T')
  },
)

test('a timed guest whose keeper froze is taken over only after its watchdog cut the power', limit, async t => {
  const [a, b] = await Promise.all([new Host(t, true).start(), new Host(t, true).start()])
  const resource = randomUUID()
  const truth = join(folder, 'watchdog')
  const guest = await a.run(resource, truth, true)
  const generation = await a.generation()
  const fed = () => statSync(a.config.watchdog ?? '').mtimeMs
  // The watchdog: something outside the host that cuts its power when it is not fed.
  let cutAt = 0
  const dog = setInterval(() => {
    if (cutAt > 0 || Date.now() - fed() < (times.watchdog + 1) * 1000) return
    cutAt = Date.now()
    guest.kill('SIGKILL')
    a.keeper.kill('SIGKILL')
  }, 100)
  t.after(() => clearInterval(dog))
  a.keeper.kill('SIGSTOP')
  await until(async () => {
    await b
      .ask({ do: 'declare', of: generation, cause: 'expired' })
      .catch(error => assert.equal(error.code, 'lease.cannot_declare'))
    return b.takes(resource, true)
  })
  assert.equal(findProcess(guest.pid ?? 0), null, 'taken over while its guest was there')
})
