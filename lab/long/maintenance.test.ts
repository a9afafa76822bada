import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { until } from '../src/guest/until.ts'
import { type Host, type Lab, startLab } from '../src/site/lab.ts'
import { type LabGuest, LabGuests, type MigrationSaid } from '../src/site/lab-guests.ts'
import { realGuests } from '../src/site/real-guests.ts'

const { skip, image } = await realGuests()
const count = 6
/** Megabits a second for one migration, so that the time that it must take is known. */
const mbps = 400
const MiB = 1024 * 1024
/** Policies of oVirt: VMs stay where they are, and hosts shall have as many VMs each. */
const none = 'b4ed2332-a7ac-4d5f-9596-99a439cb2812'
const evenCount = '8d5d7bec-68de-4a67-b53e-0ac54686d579'
/** A guest that always does something: it writes a few megabytes of its memory each second. */
const beside = ['while :; do dd if=/dev/urandom of=/dev/shm/x bs=64k count=32 conv=notrunc; sleep 1; done']

describe('a host of a lab with six busy VMs', { skip }, () => {
  let lab: Lab
  let guests: LabGuests
  let all: LabGuest[] = []
  let here: Host

  before(async () => {
    lab = await startLab({ hosts: 3 })
    guests = await LabGuests.of(lab, image)
    // The host that serves the storage: that moves as well.
    here = lab.host((await guests.spm()) ?? assert.fail('no host serves the storage'))
    for (let n = 1; n <= count; n++) all.push(await guests.make(`busy-${n}`, { memory: 160, beside }))
    await Promise.all(all.map(guest => guest.start(here)))
    await guests.migrations({ bandwidth: 'custom', bandwidthMbps: mbps })
  })
  after(async () => {
    await guests?.[Symbol.asyncDispose]()
    assert.ok((await lab?.remove()) ?? true, 'something could not be taken away')
  })

  /** Migrations since then, and the least time (s) that the bandwidth allows for them, two at a time from one host. */
  const moved = async (position: number) => {
    const said = (await guests.events('vm.migration.done', position)).map(event => event.data as MigrationSaid)
    const bytes = said.reduce((sum, each) => sum + (each.transferred ?? 0), 0)
    const leastS = bytes / ((mbps * 1_000_000) / 8) / 2
    const downtimes = said.map(each => Math.round(each.downtimeMs ?? Number.NaN)).join(', ')
    return {
      count: said.length,
      leastS,
      words: `${Math.round(bytes / MiB)} MiB take ${leastS.toFixed(1)} s at ${mbps} Mbit/s, two at a time; downtimes ${downtimes} ms`,
    }
  }
  const seconds = (since: number) => `${((performance.now() - since) / 1000).toFixed(1)} s`
  const places = async () => {
    const where = await Promise.all(all.map(guest => guest.isOne()))
    return lab.hosts.map(host => where.filter(each => each === host).length)
  }

  test('maintenance empties it and takes its storage role away; nothing goes there (R58)', async t => {
    const streams = await Promise.all(all.map(guest => guest.stream()))
    const at = await guests.lastEvent()
    const began = performance.now()
    await guests.deactivate(here)
    t.diagnostic(`${count} VMs away in ${seconds(began)}; ${(await moved(at)).words}`)
    assert.equal((await moved(at)).count, count)
    for (const stream of streams) {
      assert.equal((await stream.goesOn()).reset, null)
      stream.end()
    }
    t.diagnostic(`longest gaps of their streams ${streams.map(stream => stream.worst).join(', ')} ms`)
    const spread = await places()
    assert.equal(spread[lab.hosts.indexOf(here)], 0, spread.join(', '))
    const spm = await guests.spm()
    assert.ok(spm !== undefined && spm !== here.name, `${spm} serves the storage`)
    await assert.rejects(all[0]?.leave(here) ?? assert.fail(), /maintenance/)
  })

  test('activation brings it back, and the policy that counts VMs fills it', async t => {
    await guests.scheduling(evenCount, { HighVmCount: '1', MigrationThreshold: '2', SpmVmGrace: '0' })
    const at = await guests.lastEvent()
    const began = performance.now()
    await guests.activate(here)
    t.diagnostic(`up after ${seconds(began)}`)
    const spread = await until(
      'every host to have two VMs',
      async () => {
        const now = await places()
        return now.every(n => n === count / lab.hosts.length) && now
      },
      { deadlineMs: 300_000, everyMs: 500 },
    )
    t.diagnostic(`${spread.join(', ')} VMs after ${seconds(began)}; ${(await moved(at)).words}`)
  })

  test('all six go back to it at once', async t => {
    await guests.scheduling(none, {})
    const at = await guests.lastEvent()
    const began = performance.now()
    const away = (await Promise.all(all.map(async guest => ({ guest, host: await guest.settled() })))).filter(
      ({ host }) => host !== here,
    )
    await Promise.all(away.map(({ guest }) => guest.migrate(here)))
    t.diagnostic(`${away.length} VMs back in ${seconds(began)}; ${(await moved(at)).words}`)
    assert.equal((await places())[lab.hosts.indexOf(here)], count)
    assert.deepEqual(await guests.differences(), [])
  })
})
