import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, describe, test } from 'node:test'
import { until } from '../src/guest/until.ts'
import { Engine } from '../src/hosts/engine.ts'
import type { HostSaid } from '../src/hosts/site.ts'
import { missingTools } from '../src/images/tools.ts'
import { type Host, type Lab, startLab } from '../src/site/lab.ts'
import { hostTools } from '../src/site/tools.ts'
import { paths } from '@rookery/cli/instance/paths'
import { readSettings } from '@rookery/cli/instance/settings'

const missing = await missingTools([...hostTools, { program: 'sshd', package: 'openssh-server' }])
const skip =
  process.getuid?.() !== 0
    ? 'needs root for real hosts'
    : missing.length > 0
      ? `needs the Debian packages ${missing.map(tool => tool.package).join(', ')}`
      : false

describe('a machine that becomes a host over SSH, with a real server there', { skip }, () => {
  let lab: Lab
  let engine: Engine
  let machine: Host
  let password = ''
  let clusterId = ''
  before(async () => {
    lab = await startLab({ hosts: 1, bare: 1 })
    machine = lab.host('h2')
    password = (await readFile(machine.rootPasswordFile, 'utf8')).trim()
    const p = paths(lab.instance.dataDir)
    engine = await Engine.signIn(p, (await readSettings(p)) ?? assert.fail('no instance'))
    const { id: dataCenterId } = await engine.op('dataCenter.add', { name: 'Added', local: false })
    clusterId = (await engine.op('cluster.add', { name: 'Added', dataCenterId, description: '' })).id
  })
  after(async () => assert.ok(await lab?.remove(), 'something could not be taken away'))

  const hosts = () => engine.query<HostSaid[]>('host.list', { clusterIds: [clusterId] })
  /** Asks for a host, and waits until the engine says what became of it. */
  const add = async (name: string, address: string, ssh: object): Promise<HostSaid> => {
    const { id } = await engine.op('host.add', { name, address, clusterId, ssh })
    return until(`${name} to be more than installing`, async () => {
      const host = (await hosts()).find(each => each.id === id) ?? assert.fail('it is gone')
      if (['installing', 'initializing'].includes(host.status)) throw new Error(`it is ${host.status}`)
      return host
    })
  }
  /** Waits until the host that was added has a status. */
  const is = (status: string) =>
    until(`it to be ${status}`, async () => {
      const now = (await hosts())[0]
      if (now?.status !== status) throw new Error(`it is ${now?.status} (${now?.statusReason})`)
      return true
    })
  const refused = async (name: string, address: string, ssh: object, words: RegExp) => {
    const host = await add(name, address, ssh)
    assert.equal(host.status, 'install_failed')
    assert.match(host.statusReason ?? '', words)
    await engine.op('host.remove', { id: host.id })
    assert.notEqual((await machine.tryExec('test', '-e', '/opt/rookery-agent')).code, 0, 'something was changed there')
  }

  test('a wrong password, a wrong fingerprint, a name and an address that lead nowhere change nothing (R9)', async () => {
    await refused('bad1', machine.address, { password: 'wrong' }, /does not let root in/)
    await refused(
      'bad2',
      machine.address,
      { password, fingerprint: `SHA256:${'x'.repeat(43)}` },
      /shows the fingerprint SHA256:/,
    )
    await refused('bad3', 'nowhere.invalid', { password }, /cannot be resolved/)
    await refused('bad4', machine.address, { password, port: 23 }, /does not answer on port 23/)
    await refused('bad5', machine.address, {}, /does not let root in/)
  })

  test('a clock that is off is told before anything is changed', async () => {
    await machine.exec('sh', '-c', 'printf "#!/bin/sh\necho 1000\n" > /root/date; chmod 755 /root/date')
    // The machine's clock is this one's: what the look asks for it answers otherwise.
    await machine.exec('mount', '--bind', '/root/date', '/bin/date')
    await refused('bad6', machine.address, { password }, /clock is \d+ seconds behind/)
    await machine.exec('umount', '/bin/date')
  })

  test('a machine of another engine is left to it', async () => {
    await machine.exec('mkdir', '-p', '/var/opt/rookery-agent/tls')
    await machine.exec('sh', '-c', 'echo another authority > /var/opt/rookery-agent/tls/ca.crt')
    await refused('bad7', machine.address, { password }, /is a host of another engine/)
    await machine.exec('rm', '-r', '/var/opt/rookery-agent')
  })

  test('its fingerprint is shown before anything else, and each of its keys may be the one that is pinned', async () => {
    const shown = async (file: string) =>
      (await machine.exec('ssh-keygen', '-lf', file)).split(' ')[1] ?? assert.fail('no fingerprint')
    const keys = (await machine.exec('sh', '-c', 'ls /etc/ssh/lab_host_*_key.pub')).trim().split('\n')
    const all = await Promise.all(keys.map(shown))
    const said = await engine.query<{ fingerprint: string; type: string }>('host.fingerprint', {
      address: machine.address,
      clusterId,
    })
    assert.ok(all.includes(said.fingerprint), `${said.fingerprint} is not among ${all.join(', ')}`)
    await assert.rejects(engine.query('host.fingerprint', { address: 'nowhere.invalid' }), /cannot be resolved/)
    await assert.rejects(engine.query('host.fingerprint', { address: machine.address, port: 23 }), /does not answer/)
    for (const [n, fingerprint] of all.entries())
      await refused(`key${n}`, machine.address, { password: 'wrong', fingerprint }, /does not let root in/)
  })

  test('the right password makes a host of it: agent, certificate, networks, up (R8, R9, R104)', async () => {
    const host = await add('added', machine.address, { password })
    assert.equal(host.status, 'up', host.statusReason ?? '')
    assert.match(await machine.exec('cat', '/root/.ssh/authorized_keys'), /^ecdsa-sha2-nistp256 \S+ ovirt-engine$/m)
    assert.match(await machine.exec('ps', '-e', '-o', 'args='), /rookery-agent\/agent\.mjs --config/)
    await assert.rejects(
      engine.op('host.add', { name: 'again', address: machine.address, clusterId }),
      /has the address/,
    )
    // The password is nowhere: not in the engine's log, not in an event, not in what the machine was given.
    const logs = (await lab.instance.command('logs', '--lines', '5000')).stdout
    assert.ok(!logs.includes(password))
    assert.ok(!JSON.stringify(await engine.query('event.list', {})).includes(password))
  })

  test('its libvirt waits for guests of other hosts, and QEMU may open storage of group 36', async () => {
    assert.match(await machine.exec('ss', '-Hltn'), new RegExp(`${machine.address}:16514`))
    assert.match(await machine.exec('id', '-G', 'libvirt-qemu'), /\b36\b/)
    const [host] = await engine.query<{ facts: { migration: { address: string } | null } }[]>('host.list', {
      clusterIds: [clusterId],
    })
    assert.equal(host?.facts.migration?.address, machine.address)
  })

  test('it is upgraded while it is up, and gets a new certificate (R75)', async () => {
    const [host] = await hosts()
    assert.ok(host)
    const done = async (name: string) => {
      const { jobId } = await engine.op(name, { id: host.id })
      await until(`${name} to be done`, async () => {
        const [job] = await engine.query<{ status: string }[]>('job.list', { ids: [jobId] })
        if (job?.status === 'finished') return true
        throw new Error(`it is ${job?.status}`)
      })
      return hosts() as unknown as Promise<{ updateAvailable: boolean; certificateUntil: string; status: string }[]>
    }
    assert.equal((await done('host.upgradeCheck'))[0]?.updateAvailable, false)
    await machine.exec('sh', '-c', 'echo "// older" >> /opt/rookery-agent/agent.mjs')
    assert.equal((await done('host.upgradeCheck'))[0]?.updateAvailable, true)
    assert.equal((await done('host.upgrade'))[0]?.updateAvailable, false)
    await is('up')
    assert.equal((await done('host.upgradeCheck'))[0]?.updateAvailable, false)
    const serial = () =>
      machine.exec('openssl', 'x509', '-serial', '-noout', '-in', '/etc/pki/rookery/libvirt/servercert.pem')
    const before = await serial()
    await done('host.enrollCertificate')
    assert.notEqual(await serial(), before)
    assert.equal((await hosts())[0]?.status, 'up')
  })

  test('it is installed again from maintenance, by the engine’s own key, with its host key pinned (R75)', async () => {
    const [host] = await hosts()
    assert.ok(host)
    await assert.rejects(engine.op('host.install', { id: host.id }), /up/)
    await engine.op('host.deactivate', { id: host.id })
    await is('maintenance')
    await machine.exec('rm', '-rf', '/opt/rookery-agent')
    await engine.op('host.install', { id: host.id })
    await is('up')
    await machine.exec('test', '-x', '/opt/rookery-agent/node')
  })

  test('an agent that hangs is started again over SSH before anybody thinks of the power (R66)', async () => {
    const agent = async () =>
      (await machine.exec('pgrep', '-f', 'rookery-agent/agent.mjs --config')).trim().split('\n').at(-1) ?? ''
    const [host] = await hosts()
    const before = await agent()
    await machine.exec('kill', '-STOP', before)
    const events = async () =>
      (await engine.query<{ name: string; refs: { id: string }[] }[]>('event.list', {}))
        .filter(event => event.refs.some(each => each.id === host?.id))
        .map(event => event.name)
    await until('its agent to be started again', async () => (await events()).includes('host.agent_restarted'))
    await until('it to be up', async () => (await hosts())[0]?.status === 'up')
    assert.notEqual(await agent(), before)
    assert.ok(!(await events()).includes('host.fenced'))
  })
})
