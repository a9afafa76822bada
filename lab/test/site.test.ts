import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createConnection } from 'node:net'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { RfbClient } from '../src/guest/rfb.ts'
import { expectMarker, expectSerial } from '../src/guest/serial.ts'
import { until } from '../src/guest/until.ts'
import { tinyForTests } from '../src/images/for-tests.ts'
import { missingTools } from '../src/images/tools.ts'
import { Api } from '../src/site/api.ts'
import { door } from '../src/site/door.ts'
import { ClosedFolder } from '../src/site/folder.ts'
import { makeVm, qemuOf, untilAddress, uploadDisk } from '../src/site/guest.ts'
import { freePort, Instance, type PartName } from '../src/site/instance.ts'
import { leaks, rightsAbove } from '../src/site/privacy.ts'
import { hostTools } from '../src/site/tools.ts'
import { linkNames, linksOf, mountsOf, type Traces } from '../src/site/traces.ts'

const missing = await missingTools(hostTools)
const image = missing.length === 0 && process.getuid?.() === 0 ? await tinyForTests() : { skip: '' }
const skip =
  process.getuid?.() !== 0
    ? 'needs root for a real host'
    : missing.length > 0
      ? `needs the Debian packages ${missing.map(tool => tool.package).join(', ')}`
      : 'skip' in image
        ? image.skip
        : false

const password = `site & "${crypto.randomUUID()}" ü`
const nothing: Traces = { processes: [], mounts: [], links: [], tables: [] }

// One site goes through its life; each step stands on the ones before it, so after one that fails the rest is not tried.
describe('a site as its administrator sees it', { skip }, () => {
  let broken = false
  const step = (name: string, work: () => Promise<void>) =>
    test(name, async t => {
      if (broken) return t.skip('an earlier step of this site failed')
      try {
        await work()
      } catch (error) {
        broken = true
        // The data directory goes with the test: what the parts said last must be seen now.
        process.stderr.write((await site.command('logs', '--lines', '25')).stdout)
        throw error
      }
    })

  let folder: ClosedFolder
  let site: Instance
  let api: Api
  let vmId = ''
  let address = ''
  let taps: string[] = []
  const secrets = [password]
  const logs = () => ['log', 'host/log-libvirt'].map(name => join(site.dataDir, name))
  const qemu = async () => (await qemuOf(site.dataDir)) ?? assert.fail('no QEMU runs')

  /** Where a connection file of virt-viewer leads. */
  const viewer = async () => {
    const file = await api.viewerFile(vmId)
    const field = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(file)?.[1] ?? assert.fail(file)
    return { host: field('host'), port: Number(field('port')), password: field('password') }
  }

  before(async () => {
    folder = await ClosedFolder.make()
    site = new Instance({ dataDir: join(folder.path, 'one'), port: await freePort(), password })
  })
  after(async () => {
    await api?.close()
    assert.ok(await folder.remove(), `something could not be taken away; see ${folder.path}`)
  })

  step('comes up from nothing with its host up and its storage active (R72)', async () => {
    const rights = [...(await rightsAbove(folder.path)), ...(await rightsAbove(dirname(door)))]
    assert.equal((await site.up()).alreadyRunning, false)
    const status = await site.status()
    assert.ok(status.healthy, status.problems.join('; '))
    assert.deepEqual(
      status.hosts?.map(h => h.status),
      ['up'],
    )
    assert.deepEqual(status.storageDomains?.map(d => `${d.type} ${d.status}`).sort(), ['data active', 'iso active'])
    assert.deepEqual([...(await rightsAbove(folder.path)), ...(await rightsAbove(dirname(door)))], rights)
    assert.deepEqual(await mountsOf(site.dataDir), [])
  })

  step('engine, agent and database together need less than 400 MB when idle (R79)', async () => {
    let needed = new Map<string, number>()
    // The start leaves garbage that goes a moment later.
    const small = async () => {
      const now = await site.status()
      needed = new Map((['engine', 'agent', 'database'] as const).map(part => [part, now[part]?.rss ?? Number.NaN]))
      return [...needed.values()].reduce((sum, bytes) => sum + bytes, 0) < 400e6
    }
    await until('the parts to need less than 400 MB', small, { everyMs: 500, deadlineMs: 120_000 }).catch(error => {
      throw new Error(`they need ${[...needed].map(([part, bytes]) => `${part} ${bytes}`).join(', ')} bytes`, {
        cause: error,
      })
    })
  })

  step('a second up is a no-op that says so; one with another port is refused', async () => {
    const before = await site.pid('supervisor')
    assert.equal((await site.up()).alreadyRunning, true)
    assert.match((await site.command('up', '--yes', '--detach')).stdout, /already runs; nothing was changed/)
    assert.equal(await site.pid('supervisor'), before)
    const other = await site.command('up', '--yes', '--detach', '--port', '1')
    assert.equal(other.code, 9)
    assert.match(other.stderr, /runs with another --port/)
    assert.match(other.stderr, /rookery down/)
  })

  step('boots a VM from an uploaded disk', async () => {
    if ('skip' in image) throw new Error(image.skip)
    api = await Api.signIn(site)
    secrets.push(api.token)
    vmId = await makeVm(api, 'web', await uploadDisk(api, image.paths.disk, 'tiny'))
    await api.post(`/vms/${vmId}/start`, '<action/>')
    await api.untilIs(`/vms/${vmId}`, 'up')
    address = await untilAddress(api, vmId)
    const { subnet } = await site.settings()
    assert.ok(address.startsWith(subnet.replace(/0\/24$/, '')), `${address} is not in ${subnet}`)
    taps = await linksOf(await site.prefix())
  })

  step('shows the serial line by a ticket that works once (R90)', async () => {
    const ticket = await api.serialTicket(vmId)
    secrets.push(ticket)
    const serial = await api.serial(ticket)
    const ready = await expectMarker(serial.stream, 'ready')
    assert.deepEqual([ready.media, ready.boots], ['disk', '1'])
    assert.ok(ready.ip?.startsWith(address), `the guest says ${ready.ip}, its agent ${address}`)
    serial.type('echo typed $((6 * 7))\r')
    await expectSerial(serial.stream, 'typed 42')
    serial.close()
    await assert.rejects(api.serial(ticket))
  })

  step("shows the screen through oVirt's ticket and through the connection file", async () => {
    const { address: host, port, value } = await api.vncTicket(vmId)
    const file = await viewer()
    secrets.push(value, file.password)
    // Each ticket is a listener for one visitor, and both lead to the screen whichever is used first.
    for (const ticket of [file, { host, port, password: value }]) {
      const stream = createConnection(ticket.port, ticket.host)
      await once(stream, 'connect')
      const client = await RfbClient.connect(stream, { password: ticket.password })
      assert.equal(client.screen.security, 'vnc')
      assert.ok(client.screen.width >= 640, `${client.screen.width} pixels wide`)
      client.close()
    }
  })

  /** Whatever was killed: the site is well again, and nobody has touched the VM. */
  async function isWell(pid: number, why: string): Promise<void> {
    await until(`the site to be well after ${why}`, async () => (await site.status()).healthy, { everyMs: 200 })
    await api.untilIs(`/vms/${vmId}`, 'up')
    assert.equal(await qemu(), pid, `another QEMU after ${why}`)
    const serial = await api.serial(await api.serialTicket(vmId))
    serial.type('echo alive $((6 * 9))\r')
    await expectSerial(serial.stream, 'alive 54')
    serial.close()
  }

  for (const part of ['engine', 'agent', 'database', 'libvirtd', 'virtlogd'] satisfies PartName[])
    step(`a killed ${part} comes back, and the VM has not noticed`, async () => {
      const [vm, killed] = [await qemu(), await site.pid(part)]
      process.kill(killed, 'SIGKILL')
      await until(
        `${part} to come back`,
        async () => {
          const now = (await site.status())[part]
          return now?.state === 'ready' && now.pid !== killed
        },
        { everyMs: 200 },
      )
      await isWell(vm, `the ${part} was killed`)
    })

  step('a killed supervisor takes its parts with it but no VM, and the next up takes over at once', async () => {
    const vm = await qemu()
    const killed = await site.pid('supervisor')
    const parts = await Promise.all((['engine', 'agent', 'database', 'libvirtd'] as const).map(name => site.pid(name)))
    process.kill(killed, 'SIGKILL')
    assert.equal((await site.up()).alreadyRunning, false)
    const old = new Set([killed, ...parts])
    const now = (await site.traces()).processes
    assert.deepEqual(
      now.filter(p => old.has(p.pid)),
      [],
    )
    assert.equal(now.filter(p => p.args.startsWith('rookery-supervisor')).length, 1)
    await isWell(vm, 'the supervisor was killed')
  })

  step('down leaves the VM running and closes every port; the next up finds it', async () => {
    const vm = await qemu()
    const { start_time: started } = await api.get(`/vms/${vmId}`)
    const { agentPort, imagesPort } = await site.settings()
    const screen = await viewer()
    secrets.push(screen.password)
    assert.equal(await site.down(), 1)
    for (const port of [site.port, agentPort, imagesPort, screen.port])
      await assert.rejects(once(createConnection(port, '127.0.0.1'), 'connect'), { code: 'ECONNREFUSED' })
    assert.equal(await qemu(), vm)
    const said = await site.command('status', '--json')
    assert.equal(said.code, 3)
    assert.equal((JSON.parse(said.stdout) as { vmsLeftRunning: number }).vmsLeftRunning, 1)
    await site.up()
    await isWell(vm, 'a down and an up')
    assert.equal((await api.get(`/vms/${vmId}`)).start_time, started)
  })

  step('the guest shuts down when the API asks, and starts again', async () => {
    const vm = await qemu()
    await api.post(`/vms/${vmId}/shutdown`, '<action/>')
    await api.untilIs(`/vms/${vmId}`, 'down')
    assert.equal(await qemuOf(site.dataDir), undefined)
    await api.post(`/vms/${vmId}/start`, '<action/>')
    await until('QEMU to run', async () => (await qemuOf(site.dataDir)) !== undefined)
    assert.notEqual(await qemu(), vm)
  })

  let other: Instance
  step('a second instance beside it has its own network and sees nothing of the first', async () => {
    other = new Instance({ dataDir: join(folder.path, 'two'), port: await freePort(), password })
    await other.up()
    assert.notEqual((await other.settings()).subnet, (await site.settings()).subnet)
    assert.equal((await linksOf(await other.prefix())).length, 1, 'one bridge, and no card in it')
    const theirs = await Api.signIn(other)
    secrets.push(theirs.token)
    assert.equal((await theirs.get('/vms')).vm, undefined)
    await theirs.close()
    await api.untilIs(`/vms/${vmId}`, 'up')
    taps.push(...(await linksOf(await site.prefix())))
    const vm = await qemu()
    assert.equal(await other.down(), 0)
    await isWell(vm, 'the other instance was stopped')
    assert.ok((await untilAddress(api, vmId)).startsWith(address.replace(/\d+$/, '')))
  })

  step('no password, token or ticket can be read from a process or a log', async () => {
    assert.deepEqual(await leaks(site.dataDir, secrets, logs()), [])
  })

  step('down --vms shuts the VMs down, and nothing is left on the machine', async () => {
    const pids = (await site.traces()).processes.map(p => p.pid)
    assert.equal(await site.down('--vms'), 0)
    assert.ok(pids.length > 5)
    for (const one of [site, other]) {
      // The subreaper ends a moment after the supervisor; nothing else may still be on its way out.
      await until('the last process to end', async () => (await one.traces()).processes.length === 0, {
        deadlineMs: 2_000,
      }).catch(() => undefined) // the comparison tells what is left
      assert.deepEqual(await one.traces(), nothing)
    }
    assert.deepEqual(
      (await linkNames()).filter(name => taps.includes(name)),
      [],
    )
  })
})
