import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, type TestContext, test } from 'node:test'
import { makeAreaFile, openAreaFile } from './area-file.ts'
import type { Command, ContenderConfig } from './testing-contender.ts'
import { defaultTimes } from './times.ts'

// Real processes on a real file: they contend, are killed, frozen and thawed late. Short times; on a busy machine hosts expire meanwhile,
// which may refuse a claim and never grants two.
const times = {
  ...defaultTimes,
  renew: 0.4,
  io: 1,
  stop: 3,
  kill: 3.5,
  reset: 4,
  watchdog: 1,
  late: 0.5,
  dead: 6,
  gap: 2.5,
  see: 3.5,
}
const storageDomainId = randomUUID()
const folder = mkdtempSync(join(tmpdir(), 'rookery-lease-'))
const path = join(folder, 'rookery_leases')
let slots = 0

interface Event {
  event: string
  [key: string]: unknown
}

class Contender {
  readonly generation = randomBytes(16).toString('hex')
  readonly process: ChildProcess
  readonly events: Event[] = []
  private readonly waiting = new Set<() => void>()

  constructor(t: TestContext, truth: string, slot = slots++) {
    const config: ContenderConfig = {
      path,
      storageDomainId,
      truth,
      owner: { slot, hostId: randomUUID(), generation: this.generation },
    }
    const program = join(import.meta.dirname, 'testing-contender.ts')
    const child = spawn(process.execPath, [program, JSON.stringify(config)], { stdio: ['pipe', 'pipe', 'inherit'] })
    this.process = child
    t.after(() => child.kill('SIGKILL'))
    createInterface({ input: child.stdout }).on('line', line => {
      this.events.push(JSON.parse(line) as Event)
      for (const look of this.waiting) look()
    })
  }

  send(command: Command): void {
    this.process.stdin?.write(`${JSON.stringify(command)}\n`)
  }

  /** The next event of that name after `from` events; the test's own time limit ends a wait for nothing. */
  async next(event: string, from = 0): Promise<Event> {
    for (;;) {
      const found = this.events.slice(from).find(e => e.event === event)
      if (found !== undefined) return found
      await new Promise<void>(resolve => {
        const look = () => {
          this.waiting.delete(look)
          resolve()
        }
        this.waiting.add(look)
      })
    }
  }

  async ask(command: Command, answer: string): Promise<Event> {
    const from = this.events.length
    this.send(command)
    return this.next(answer, from)
  }

  /** Asks again until it is granted. */
  async claim(resource: string, timed = false): Promise<number> {
    for (;;) {
      const answer = await this.ask({ do: 'claim', resource, timed }, 'answer')
      if (answer.granted === true) return Number(answer.epoch)
    }
  }
}

interface Line {
  generation: string
  resource: string
  what: 'start' | 'write' | 'stop'
  epoch: number
}

const linesOf = (truth: string) =>
  readFileSync(truth, 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Line)

before(() => makeAreaFile(path, { areaId: randomUUID(), storageDomainId, slots: 256, buckets: 4, times }, null))
after(() => rmSync(folder, { recursive: true, force: true }))

const limit = { timeout: 300_000 }

async function joined(t: TestContext, truth: string, count: number): Promise<Contender[]> {
  const all = Array.from({ length: count }, () => new Contender(t, truth))
  await Promise.all(all.map(c => c.next('joined')))
  return all
}

test('an area is made once, and read only by the domain that it belongs to', async () => {
  const header = { areaId: randomUUID(), storageDomainId, slots: 256 as const, buckets: 4, times }
  await assert.rejects(makeAreaFile(path, header, null), { code: 'lease.area_exists' })
  await assert.rejects(openAreaFile(path, randomUUID()), { code: 'lease.area_of_other_domain' })
  const short = join(folder, 'short')
  appendFileSync(short, readFileSync(path).subarray(0, 4096))
  await assert.rejects(openAreaFile(short, storageDomainId), { code: 'lease.area_broken' })
})

test('of three that take the same images at once never two hold one, and epochs rise', limit, async t => {
  const truth = join(folder, 'contend')
  const all = await joined(t, truth, 3)
  const resources = [randomUUID(), randomUUID()]
  for (const contender of all) contender.send({ do: 'contend', resources, rounds: 10 })
  await Promise.all(all.map(c => c.next('contended')))
  for (const resource of resources) {
    const lines = linesOf(truth).filter(line => line.resource === resource)
    let holder: string | null = null
    let epoch = 0
    for (const line of lines) {
      if (line.what === 'start') {
        assert.equal(holder, null, `${line.generation} starts while ${holder} holds`)
        assert.ok(line.epoch > epoch, `epoch ${line.epoch} after ${epoch}`)
        holder = line.generation
        epoch = line.epoch
      } else assert.equal(line.generation, holder)
      if (line.what === 'stop') holder = null
    }
    assert.equal(lines.filter(line => line.what === 'start').length, 30)
  }
  const rivals = all.flatMap(c => c.events.filter(e => e.event === 'rival').flatMap(e => e.rivals as string[]))
  assert.ok(rivals.length > 0, 'nobody ever stood in the way: they did not contend')
  for (const rival of rivals) assert.ok(all.some(c => c.generation === rival))
})

test('two that join one slot at once: at most one of them lives there', limit, async t => {
  const slot = slots++
  const two = [0, 1].map(() => new Contender(t, join(folder, 'join'), slot))
  const ends = await Promise.all(two.map(c => Promise.race([c.next('joined'), c.next('refused')])))
  assert.ok(ends.filter(e => e.event === 'joined').length <= 1)
  for (const end of ends) if (end.event === 'refused') assert.equal(end.code, 'lease.slot_taken')
  const late = new Contender(t, join(folder, 'join'), slot)
  assert.equal((await late.next('refused')).code, 'lease.slot_taken')
})

test(
  'what a killed host held stays closed until somebody vouches for its death; a false word is refused',
  limit,
  async t => {
    const truth = join(folder, 'killed')
    const [a, b] = (await joined(t, truth, 2)) as [Contender, Contender]
    const image = randomUUID()
    await a.claim(image)
    assert.deepEqual(await b.ask({ do: 'claim', resource: image, timed: false }, 'answer'), {
      event: 'answer',
      granted: false,
      rivals: [a.generation],
    })
    let said: Event
    do said = await b.ask({ do: 'declare', of: a.generation, cause: 'confirmed' }, 'declared')
    while (said.dead === null)
    assert.equal(said.dead, false, 'a host that renews was called dead')
    assert.deepEqual(
      a.events.filter(e => e.event === 'killed'),
      [],
    )

    a.process.kill('SIGKILL')
    while ((await b.ask({ do: 'looksDead', of: a.generation }, 'looks')).dead === false) await pause(200)
    // It looks dead by time, and what it held is not free by time.
    await b.ask({ do: 'declare', of: a.generation, cause: 'expired' }, 'declared')
    const still = await b.ask({ do: 'claim', resource: image, timed: false }, 'answer')
    assert.equal(still.granted, false)
    do said = await b.ask({ do: 'declare', of: a.generation, cause: 'confirmed' }, 'declared')
    while (said.dead !== true)
    assert.ok((await b.claim(image)) > 1)
  },
)

test('a frozen host that is thawed late writes nothing more and learns that it was taken over', limit, async t => {
  const truth = join(folder, 'frozen')
  const [a, b] = (await joined(t, truth, 2)) as [Contender, Contender]
  const image = randomUUID()
  await a.claim(image, true)
  a.process.kill('SIGSTOP')
  let dead: unknown
  do {
    while ((await b.ask({ do: 'looksDead', of: a.generation }, 'looks')).dead === false) await pause(200)
    dead = (await b.ask({ do: 'declare', of: a.generation, cause: 'expired' }, 'declared')).dead
  } while (dead !== true)
  await b.claim(image, true)
  a.process.kill('SIGCONT')
  await a.next('killed')
  const lines = linesOf(truth)
  const taken = lines.findLastIndex(line => line.what === 'start')
  assert.equal(lines[taken]?.generation, b.generation)
  assert.deepEqual(
    lines.slice(taken).filter(line => line.generation === a.generation && line.what === 'write'),
    [],
  )
})

test('a host that was frozen and that nobody took over from pauses its guest and goes on with it', limit, async t => {
  const truth = join(folder, 'thawed')
  const [a, b] = (await joined(t, truth, 2)) as [Contender, Contender]
  const image = randomUUID()
  await a.claim(image)
  a.process.kill('SIGSTOP')
  while ((await b.ask({ do: 'looksDead', of: a.generation }, 'looks')).dead === false) await pause(200)
  a.process.kill('SIGCONT')
  await a.next('paused')
  await a.next('resumed')
})

const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))
