import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { until } from '../src/guest/until.ts'
import { type Host, type Lab, startLab } from '../src/site/lab.ts'
import { type LabGuest, LabGuests } from '../src/site/lab-guests.ts'
import { realGuests } from '../src/site/real-guests.ts'

const { skip, image } = await realGuests()
const times = Number(process.env.ROOKERY_MIGRATIONS ?? 10)

/** oVirt's policy whose last step is post-copy. */
const postCopy = 'a7aeedb2-8d66-4e51-bb22-32595027ce71'
/** Its minimal downtime, the usual one. */
const usual = { policyId: '80554327-0569-496b-bdeb-fcbbf52b827b', bandwidth: 'auto', bandwidthMbps: null }

/** A guest that writes and reads again what it has written, and counts: how often, and how often it was something else. */
const checker =
  'n=0; bad=0; while :; do dd if=/dev/urandom of=/dev/shm/a bs=64k count=16; cp /dev/shm/a /dev/shm/b; ' +
  'cmp -s /dev/shm/a /dev/shm/b || bad=$((bad+1)); n=$((n+1)); echo $n $bad >/dev/shm/new; mv /dev/shm/new /dev/shm/state; usleep 50000; done'
const statePort = 8

describe('guests move between hosts of a lab, by the engine', { skip }, () => {
  let lab: Lab
  let guests: LabGuests
  let guest: LabGuest

  before(async () => {
    lab = await startLab({ hosts: 3 })
    guests = await LabGuests.of(lab, image)
    guest = await (
      await guests.make('mover', { beside: [checker, `nc -ll -p ${statePort} -e cat /dev/shm/state`] })
    ).start()
  })
  after(async () => {
    await guests?.[Symbol.asyncDispose]()
    assert.ok((await lab?.remove()) ?? true, 'something could not be taken away')
  })

  const other = async (): Promise<Host> => {
    const { host } = await guest.now()
    return lab.hosts.find(each => each !== host) ?? assert.fail('there is no other host')
  }

  test(`a TCP stream from outside survives ${times} live migrations in a row without a reset (R57)`, async t => {
    const tcp = await guest.stream()
    const downtimes: number[] = []
    try {
      for (let n = 1; n <= times; n++) {
        await tcp.goesOn()
        const began = performance.now()
        const { downtimeMs, durationMs } = await guest.migrate()
        const ms = Math.round(performance.now() - began)
        const seen = await tcp.goesOn()
        downtimes.push(downtimeMs ?? Number.NaN)
        const where = (await guest.isOne()).name
        t.diagnostic(
          `${n}, to ${where}: gap ${seen.longestGapMs} ms, downtime ${downtimeMs} ms, ${durationMs} ms on the wire, ${ms} ms in all`,
        )
        assert.equal(seen.reset, null)
      }
      t.diagnostic(`longest gap ${tcp.worst} ms; downtimes ${Math.min(...downtimes)} to ${Math.max(...downtimes)} ms`)
      assert.ok(downtimes.every(ms => ms > 0))
      const [rounds, wrong] = (await guest.said(statePort)).split(' ').map(Number)
      t.diagnostic(`it wrote and read ${rounds} times`)
      assert.equal(wrong, 0, 'what it wrote was not there')
    } finally {
      tcp.end()
    }
  })

  test('one that is cancelled stays where it is, and the stream goes on', async () => {
    const tcp = await guest.stream()
    const { host } = await guest.now()
    await guests.migrations({ ...usual, bandwidth: 'custom', bandwidthMbps: 8 })
    try {
      await guest.leave(await other())
      await until('it to be on its way', async () => (await guest.now()).status === 'migrating')
      await guests.api.post(`${guest.path}/cancelmigration`, '<action/>')
      assert.equal(await guest.isOne(), host)
      assert.equal((await tcp.goesOn()).reset, null)
    } finally {
      tcp.end()
      await guests.migrations(usual)
    }
  })

  test('its memory goes encrypted: a target with a certificate of another authority gets nothing', async () => {
    const { host } = await guest.now()
    const target = await other()
    const folder = '/etc/pki/rookery/qemu'
    // One that signs itself, in the place of the one that the engine has signed.
    await target.exec(
      'sh',
      '-euc',
      `cd ${folder}; cp -a . ../qemu.kept; openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=stranger -addext subjectAltName=IP:${target.address} -keyout k.pem -out c.pem 2>/dev/null
       for f in ca-cert server-cert; do cat c.pem >$f.pem; done; cat k.pem >server-key.pem; rm k.pem c.pem`,
    )
    try {
      const at = await guests.lastEvent()
      await guest.leave(target)
      const failed = await until(
        'the migration to fail',
        async () => (await guests.events('vm.migration.failed', at))[0],
      )
      assert.match(failed.message, /certificate|TLS/i)
      assert.equal(await guest.isOne(), host)
    } finally {
      await target.exec(
        'sh',
        '-euc',
        `cd ${folder}/../qemu.kept; for f in *; do cat $f >${folder}/$f; done; rm -r ../qemu.kept`,
      )
    }
    await guest.migrate(target)
    assert.equal(await guest.isOne(), target)
  })

  test('a guest that writes faster than it can be sent goes over by post-copy', async t => {
    const busy = await (
      await guests.make('writer', {
        // The memory that it writes to again and again is more than goes over in a second.
        beside: ['while :; do dd if=/dev/urandom of=/dev/shm/busy bs=1M count=40 conv=notrunc; done'],
      })
    ).start()
    await guests.migrations({ policyId: postCopy, bandwidth: 'custom', bandwidthMbps: 84, autoConverge: 'false' })
    const tcp = await busy.stream()
    try {
      const said = await busy.migrate()
      t.diagnostic(`post-copy: downtime ${said.downtimeMs} ms, ${said.durationMs} ms on the wire`)
      const seen = await tcp.goesOn()
      t.diagnostic(`gap ${seen.longestGapMs} ms`)
      assert.equal(said.postCopy, true)
      assert.equal(seen.reset, null)
      await busy.isOne()
    } finally {
      tcp.end()
      await guests.migrations({ ...usual, autoConverge: 'inherit' })
    }
  })

  test('nothing is left that database and hosts do not agree about', async () => {
    assert.deepEqual(await guests.differences(), [])
  })
})
