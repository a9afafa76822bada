import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { until } from '../src/guest/until.ts'
import { type Host, type Lab, startLab } from '../src/site/lab.ts'
import { type EventSaid, type LabGuest, LabGuests } from '../src/site/lab-guests.ts'
import { realGuests } from '../src/site/real-guests.ts'

const { skip, image } = await realGuests()
const patient = { deadlineMs: 600_000, everyMs: 250 }
const highly = (priority: number) =>
  `<high_availability><enabled>true</enabled><priority>${priority}</priority></high_availability>`

describe('a host of a lab dies, or is only not heard', { skip }, () => {
  let lab: Lab
  let guests: LabGuests
  /** Highly available, the first one more important; and one that is not. */
  let first: LabGuest
  let second: LabGuest
  let plain: LabGuest
  before(async () => {
    lab = await startLab({ hosts: 3 })
    guests = await LabGuests.of(lab, image)
    first = await guests.make('first', { more: highly(100) })
    second = await guests.make('second', { more: highly(1) })
    plain = await guests.make('plain')
  })
  after(async () => {
    await guests?.[Symbol.asyncDispose]()
    assert.ok(await lab?.remove(), 'something could not be taken away')
  })

  const spm = async (): Promise<Host> =>
    until('a host to serve the storage', async () => {
      const name = await guests.spm()
      return name === undefined ? undefined : lab.host(name)
    })
  const told = (name: string, about: { id: string }, since: number): Promise<EventSaid> =>
    until(
      `the event ${name}`,
      async () => (await guests.events(name, since)).find(event => event.refs.some(ref => ref.id === about.id)),
      patient,
    )
  const clean = () =>
    until(
      'hosts and database to agree',
      async () => {
        const differences = await guests.differences()
        if (differences.length === 0) return true
        throw new Error(differences.join('\n'))
      },
      { deadlineMs: 120_000, everyMs: 2000 },
    )

  test('the power of the host that has them and serves the storage is cut: it is fenced, they run elsewhere (R28, R30, R66)', async t => {
    const dead = await spm()
    // Started the less important one first, so that the order afterwards is no accident.
    for (const guest of [plain, second, first]) await guest.start(dead)
    const since = await guests.lastEvent()
    const began = Date.now()
    const watch = new CopyWatch([first, second, plain])
    const seconds = (at: number) => ((at - began) / 1000).toFixed(1)
    await dead.kill()
    const booted = await Promise.all(
      [first, second].map(async guest => {
        await told('vm.ha.restarting', guest, since)
        await guest.booted(600_000)
        return Date.now()
      }),
    )
    const at = (event: EventSaid) => new Date(event.at).getTime()
    const lost = at(await told('host.not_responding', dead, since))
    const fenced = at(await told('host.fenced', dead, since))
    const again = await Promise.all([first, second].map(guest => told('vm.ha.restarting', guest, since)))
    const [delay] = await guests.engine.query<{ settings: { fencing: { delaySeconds: number } } }[]>('cluster.list', {
      ids: [guests.clusterId],
    })
    const grace = delay?.settings.fencing.delaySeconds ?? Number.NaN
    t.diagnostic(
      `from the power cut: silent for too long ${seconds(lost)} s, fenced ${seconds(fenced)} s, starts ${again.map(event => seconds(at(event))).join(' and ')} s, ` +
        `guests booted ${booted.map(seconds).join(' and ')} s`,
    )
    t.diagnostic(
      `of that grace: ${seconds(lost)} s until it counts as lost, ${grace} s in which it may come back; the rest, ${(Number(seconds(Math.max(...booted))) - Number(seconds(lost)) - grace).toFixed(1)} s, is work`,
    )
    assert.ok((again[0]?.position ?? 0) < (again[1]?.position ?? 0), 'the more important one is first')
    for (const guest of [first, second]) assert.notEqual(await guest.isOne(), dead)
    assert.equal((await plain.now()).status, 'down')
    assert.notEqual(await spm(), dead)
    await dead.untilIs('up', patient)
    assert.deepEqual(watch.stop(), [], 'it ran twice')
    await clean()
  })

  test('a host that is cut off from all is fenced while its guests still run, and each runs once (R66)', async t => {
    const lone = (await first.now()).host ?? assert.fail('it runs nowhere')
    const since = await guests.lastEvent()
    const watch = new CopyWatch([first])
    const began = Date.now()
    await lone.partition()
    await told('host.fenced', lone, since)
    await first.booted(600_000)
    t.diagnostic(`booted elsewhere ${((Date.now() - began) / 1000).toFixed(1)} s after the cut`)
    await lone.heal()
    await lone.untilIs('up', patient)
    assert.notEqual(await first.isOne(), lone)
    assert.deepEqual(watch.stop(), [], 'it ran twice')
    await clean()
  })

  test('a host that cannot be fenced keeps its guests when it is cut off, and they are the same afterwards', async () => {
    const lone = await first.settled()
    const run = (await first.copies())[0]?.pid
    await guests.engine.op('host.update', { id: lone.id, powerManagement: { enabled: false } })
    const since = await guests.lastEvent()
    const watch = new CopyWatch([first])
    await lone.partition()
    const said = await told('host.fence.not_configured', lone, since)
    assert.match(said.message, /stay as they are/)
    assert.equal((await first.now()).status, 'unknown')
    await assert.rejects(guests.engine.op('vm.start', { id: first.id }))
    await lone.heal()
    await lone.untilIs('up', patient)
    assert.equal(await first.isOne(), lone)
    assert.equal((await first.copies())[0]?.pid, run)
    assert.deepEqual(watch.stop(), [])
    await guests.engine.op('host.update', { id: lone.id, powerManagement: { enabled: true } })
  })

  test('an engine that hears no host fences none: it is the one that is cut off', async () => {
    const run = (await first.copies())[0]?.pid
    const since = await guests.lastEvent()
    await Promise.all(lab.hosts.map(host => host.partition('engine')))
    const { host } = await first.now()
    assert.ok(host)
    await told('host.fence.no_proxy', host, since)
    await Promise.all(lab.hosts.map(each => each.heal()))
    await Promise.all(lab.hosts.map(each => each.untilIs('up', patient)))
    assert.equal((await first.copies())[0]?.pid, run)
    assert.deepEqual(await guests.events('host.fenced', since), [])
    await clean()
  })
})

/** Looks all the time how many copies of each guest there are. */
class CopyWatch {
  readonly #twice: string[] = []
  readonly #guests: readonly LabGuest[]
  #timer: NodeJS.Timeout | undefined
  #over = false

  constructor(guests: readonly LabGuest[]) {
    this.#guests = guests
    void this.#look()
  }

  async #look(): Promise<void> {
    for (const guest of this.#guests) {
      const copies = await guest.copies().catch(() => [])
      if (copies.length > 1) this.#twice.push(`${guest.name} on ${copies.map(copy => copy.host.name).join(' and ')}`)
    }
    if (!this.#over) this.#timer = setTimeout(() => void this.#look(), 300)
  }

  /** Each time that one ran twice. */
  stop(): string[] {
    this.#over = true
    clearTimeout(this.#timer)
    return this.#twice
  }
}
