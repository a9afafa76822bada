import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, describe, test } from 'node:test'
import { Host, type Lab, startLab } from '../src/site/lab.ts'
import { LabGuests } from '../src/site/lab-guests.ts'
import { realGuests } from '../src/site/real-guests.ts'

const { skip, image } = await realGuests()

describe('two machines that became hosts over SSH', { skip }, () => {
  let lab: Lab
  let guests: LabGuests

  before(async () => {
    lab = await startLab({ hosts: 1, bare: 2 })
    guests = await LabGuests.of(lab, image)
    for (const machine of [lab.host('h2'), lab.host('h3')]) {
      const { name, address } = machine
      // As a person does it: the fingerprint is looked at, then pinned.
      const { fingerprint } = await guests.engine.query<{ fingerprint: string }>('host.fingerprint', {
        address,
        clusterId: guests.clusterId,
      })
      const password = (await readFile(machine.rootPasswordFile, 'utf8')).trim()
      await guests.engine.op('host.add', {
        name,
        address,
        clusterId: guests.clusterId,
        ssh: { password, fingerprint },
      })
    }
    for (const name of ['h2', 'h3']) await lab.host(name).untilIs('up')
    lab.hosts = (await lab.list()).hosts.map(host => new Host(lab, host))
  })
  after(async () => {
    await guests?.[Symbol.asyncDispose]()
    assert.ok((await lab?.remove()) ?? true, 'something could not be taken away')
  })

  test('a guest moves from one to the other and back, and a TCP stream goes on (R8, R57)', async t => {
    const guest = await (await guests.make('over-ssh')).start(lab.host('h2'))
    const tcp = await guest.stream()
    try {
      for (const name of ['h3', 'h2', 'h1', 'h3']) {
        const { downtimeMs } = await guest.migrate(lab.host(name))
        assert.equal((await guest.isOne()).name, name)
        const seen = await tcp.goesOn()
        assert.equal(seen.reset, null)
        t.diagnostic(`to ${name}: gap ${seen.longestGapMs} ms, downtime ${downtimeMs} ms`)
      }
    } finally {
      tcp.end()
    }
  })
})
