import assert from 'node:assert/strict'
import { readdir, readFile, readlink, stat, writeFile } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { until } from '../src/guest/until.ts'
import { Engine } from '../src/hosts/engine.ts'
import { labPaths } from '../src/hosts/settings.ts'
import { type Host, type Lab, startLab } from '../src/site/lab.ts'
import { LabGuests } from '../src/site/lab-guests.ts'
import { rookery } from '../src/site/door.ts'
import { paths } from '@rookery/cli/instance/paths'
import { readSettings } from '@rookery/cli/instance/settings'
import { realGuests } from '../src/site/real-guests.ts'

const { skip, image } = await realGuests()

describe('a lab: hosts in namespaces, as their administrator has them', { skip }, () => {
  let lab: Lab
  before(async () => {
    lab = await startLab({ hosts: 2 })
  })
  after(async () => assert.ok(await lab?.remove(), 'something could not be taken away'))

  test('its hosts are up in one cluster, with the shared data domain active (R5)', async () => {
    const said = await lab.list()
    assert.deepEqual(
      said.hosts.map(host => [host.name, host.power, host.status]),
      [
        ['h1', 'on', 'up'],
        ['h2', 'on', 'up'],
      ],
    )
    assert.deepEqual(said.storageDomains, [{ name: 'shared', status: 'active' }])
    assert.equal(said.hosts.filter(host => host.spm).length, 1)
    const [domain] = await readdir(join(lab.shared, 'data'))
    const metadata = await readFile(join(lab.shared, 'data', domain ?? '', 'dom_md/metadata'), 'utf8')
    assert.match(metadata, /^TYPE=POSIXFS$/m)
    assert.match(metadata, /^VERSION=5$/m)
  })

  test('each has a name, an address, a libvirt and processes of its own, and all see one directory', async () => {
    const uuids = new Set<string>()
    for (const host of lab.hosts) {
      assert.equal((await host.exec('hostname')).trim(), host.name)
      assert.match(await host.exec('ip', '-brief', 'address', 'show', 'dev', 'eth0'), new RegExp(host.address))
      uuids.add(/<uuid>(.*)<\/uuid>/.exec(await host.exec('virsh', 'capabilities'))?.[1] ?? '')
      const processes = (await host.exec('ps', '-e', '-o', 'comm=')).split('\n').map(line => line.trim())
      for (const program of ['libvirtd', 'virtlogd']) assert.ok(processes.includes(program), processes.join(' '))
      assert.ok(!processes.includes('postgres'))
    }
    assert.equal(uuids.size, 2)
    await lab.host('h1').exec('touch', '/run/rookery/shared/seen')
    await lab.host('h2').exec('test', '-e', '/run/rookery/shared/seen')
    await lab.host('h1').exec('touch', '/etc/only-here')
    assert.notEqual((await lab.host('h2').tryExec('test', '-e', '/etc/only-here')).code, 0)
    assert.equal(await stat('/etc/only-here').catch(() => undefined), undefined)
  })

  test('they reach one another by name, and libvirt by TLS with the certificates of the engine', async () => {
    await until('h1 to reach h2', () => reaches(lab.host('h1'), 'h2'))
    assert.equal(
      (
        await lab.host('h1').exec('virsh', '-c', 'qemu+tls://h2/system?pkipath=/etc/pki/rookery/libvirt', 'hostname')
      ).trim(),
      'h2',
    )
  })

  test('exec passes on what the command prints and how it ends', async () => {
    const exec = (...words: string[]) => rookery(['lab', 'exec', '--data-dir', lab.instance.dataDir, ...words])
    const said = await exec('h2', '--', 'sh', '-c', 'hostname; exit 7')
    assert.deepEqual([said.code, said.stdout], [7, 'h2\n'])
    const none = await exec('h9', '--', 'true')
    assert.equal(none.code, 3)
    assert.match(none.stderr, /h9 is off/)
  })

  test('a second up changes nothing', async () => {
    const pids = await Promise.all(lab.hosts.map(host => host.pid()))
    await lab.up(2)
    assert.deepEqual(await Promise.all(lab.hosts.map(host => host.pid())), pids)
  })

  test('a guest moves from one to the other, by the engine, and a TCP stream to it goes on (R57)', async t => {
    await using guests = await LabGuests.of(lab, image)
    const guest = await (await guests.make('mover')).start(lab.host('h1'))
    const tcp = await guest.stream()
    try {
      const { downtimeMs } = await guest.migrate()
      const { longestGapMs, reset } = await tcp.goesOn()
      t.diagnostic(`gap ${longestGapMs} ms, downtime ${downtimeMs} ms`)
      assert.equal(reset, null)
      assert.equal((await guest.isOne()).name, 'h2')
    } finally {
      tcp.end()
    }
    await guest.remove()
  })

  test('a host that is cut off is heard of nobody, and comes back when it is healed', async () => {
    const { name, address } = lab.host('h2')
    await lab.host('h2').partition()
    assert.equal(await reaches(lab.host('h1'), name), false)
    assert.equal(await answers(address), false)
    assert.deepEqual((await lab.list()).hosts.find(host => host.name === name)?.cutFrom, ['*'])
    await lab.host('h2').untilIs('connecting')
    await lab.host('h2').heal()
    await lab.host('h2').untilIs('up')
  })

  test('a cut between two hosts leaves both to the engine', async () => {
    await lab.host('h2').partition('h1')
    assert.equal(await reaches(lab.host('h1'), 'h2'), false)
    assert.equal(await answers(lab.host('h1').address), true)
    assert.equal(await answers(lab.host('h2').address), true)
    await lab.host('h2').heal()
    await until('h1 to reach h2', () => reaches(lab.host('h1'), 'h2'))
  })

  test('a host whose plug is pulled is gone at once, and comes up again with what is on its disks', async () => {
    const host = lab.host('h1')
    await host.exec('sh', '-c', 'echo kept > /etc/kept; touch /run/gone')
    const boot = await host.exec('cat', '/proc/sys/kernel/random/boot_id')
    await host.kill()
    assert.equal(await answers(host.address), false)
    const off = await lab.instance.command('lab', 'list')
    assert.equal(off.code, 1)
    assert.match(off.stdout, /h1 .*off/)
    await host.start()
    await host.untilIs('up')
    assert.equal((await host.exec('cat', '/etc/kept')).trim(), 'kept')
    assert.notEqual((await host.tryExec('test', '-e', '/run/gone')).code, 0, '/run is not fresh')
    assert.notEqual(await host.exec('cat', '/proc/sys/kernel/random/boot_id'), boot)
  })

  test('its power is switched by the lab’s fence agent, which another host runs for the engine (R66)', async () => {
    const host = lab.host('h2')
    const before = await host.pid()
    const p = paths(lab.instance.dataDir)
    const engine = await Engine.signIn(p, (await readSettings(p)) ?? assert.fail('no instance'))
    await engine.op('host.fence', { id: host.id, how: 'restart' })
    await until('h2 to be switched off and on', async () => {
      const now = await host.pid()
      return now !== before
    })
    await host.untilIs('up')
    await engine.signOut()
    const password = await readFile(labPaths(lab.instance.dataDir).switchPassword, 'utf8')
    assert.ok(!(await lab.instance.command('logs', '--lines', '5000')).stdout.includes(password))
  })

  test('another host can be added while it runs', async () => {
    const said = await lab.up(3)
    assert.deepEqual(
      said.hosts.map(host => host.status),
      ['up', 'up', 'up'],
    )
  })

  test('down leaves no process, namespace, mount or card behind; up brings the same lab back', async () => {
    const of = async () => {
      const all = await lab.instance.traces()
      return {
        processes: all.processes.filter(
          seen => seen.args.includes(join(lab.instance.dataDir, 'lab')) || /lab-host|rookery-lab/.test(seen.args),
        ),
        links: all.links.filter(link => link.startsWith('lb')),
        mounts: all.mounts.filter(line => line.includes('/lab/')),
      }
    }
    const namespaces = await Promise.all(lab.hosts.map(async host => namespacesOf(await host.pid())))
    assert.ok((await of()).processes.length > 0)
    assert.equal((await of()).links.length, 2)
    await lab.must('down')
    assert.deepEqual(await of(), { processes: [], links: [], mounts: [] })
    const left = await allNamespaces()
    for (const each of namespaces.flat()) assert.ok(!left.has(each), `${each} is still there`)
    assert.match((await lab.instance.command('lab', 'down')).stdout, /No lab ran/)
    await lab.up(3)
  })

  test('what nobody can mean is refused with the way out', async () => {
    for (const [words, code, told] of [
      [['up', '--hosts', 'many'], 2, /whole number from 1/],
      [['kill', 'elsewhere'], 2, /Hosts are called h1/],
      [['kill', 'h63'], 1, /has no host h63/],
    ] as const) {
      const said = await lab.instance.command('lab', ...words)
      assert.equal(said.code, code, said.stderr)
      assert.match(said.stderr, told)
    }
  })

  test('when the lab’s own process is killed, the kernel takes everything with it', async () => {
    const { processes } = await lab.instance.traces()
    const power = processes.find(seen => seen.args.startsWith('rookery-lab /'))
    assert.ok(power)
    process.kill(power.pid, 'SIGKILL')
    await until('everything of the lab to be gone', async () => {
      const now = await lab.instance.traces()
      return (
        !now.links.some(link => link.startsWith('lb')) && !now.processes.some(seen => /rookery-lab/.test(seen.args))
      )
    })
    await lab.up(3)
  })

  test('a lab that is removed takes its files along, and the engine forgets it', async () => {
    await lab.must('down', '--remove')
    const hosts = (await lab.instance.status()).hosts ?? []
    assert.equal(hosts.length, 1, 'the machine’s own host is still there, and no other')
    await writeFile(join(lab.instance.dataDir, 'proof'), '') // the instance itself is there still
    assert.equal(await stat(join(lab.instance.dataDir, 'lab')).catch(() => undefined), undefined)
  })
})

/** Whether a program in one host can connect to the agent of another. */
const reaches = async (host: Host, name: string): Promise<boolean> =>
  (await host.tryExec('timeout', '3', 'bash', '-c', `exec 3<>/dev/tcp/${name}/54321`)).code === 0

/** Whether the agent's port of a host takes connections from this machine. */
function answers(host: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = createConnection({ host, port: 54321, timeout: 2_000 })
    const end = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket
      .once('connect', () => end(true))
      .once('error', () => end(false))
      .once('timeout', () => end(false))
  })
}

async function namespacesOf(pid: number): Promise<string[]> {
  const kinds = ['net', 'mnt', 'uts', 'ipc', 'pid']
  return (await Promise.all(kinds.map(kind => linkOf(`/proc/${pid}/ns/${kind}`)))).filter(each => each !== undefined)
}

/** Every namespace that a process of this machine lives in. */
async function allNamespaces(): Promise<Set<string>> {
  const found = new Set<string>()
  for (const name of (await readdir('/proc')).filter(each => /^\d+$/.test(each)))
    for (const each of await namespacesOf(Number(name))) found.add(each)
  return found
}

async function linkOf(path: string): Promise<string | undefined> {
  return readlink(path).catch(() => undefined) // it has just ended
}
