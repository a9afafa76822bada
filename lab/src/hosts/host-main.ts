import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { inside } from '@rookery/cli/instance/paths'
import type { ChildSpec } from '@rookery/cli/supervisor/child'
import {
  agentProgram,
  keepersProgram,
  libvirtd,
  nodeFlags,
  takesConnections,
  virtlogd,
} from '@rookery/cli/supervisor/children'
import { listen } from '@rookery/cli/supervisor/control'
import { confinement, confinementNotes } from '@rookery/cli/supervisor/libvirt'
import { buildNamespace } from '@rookery/cli/supervisor/namespace'
import { Supervisor } from '@rookery/cli/supervisor/supervisor'
import { exec, must } from '@rookery/cli/system/exec'
import { version } from '@rookery/cli/version'
import { AGENT_PORT, joinFile, type JoinOrder, joinWords, rootPassword } from './host-files.ts'
import { hostAddress, hostName, hostPaths, labPaths, ownAddress, readLab, SHARED } from './settings.ts'

/**
 * The first program of a lab host, started in namespaces of its own: makes the host's file systems, then keeps its libvirt and its agent
 * running. It does for a host what the supervisor does for an instance, by the same parts.
 */
const [folder = '', numberText = ''] = process.argv.slice(2)
const number = Number(numberText)
const lab = labPaths(dirname(folder))
const settings = await readLab(lab)
if (settings === undefined) throw new Error(`${lab.settings} is not there`)
const p = hostPaths(lab, number)
const name = hostName(number)
const address = hostAddress(settings, number)
process.title = `rookery-lab-host ${name}`
const startedAt = new Date().toISOString()

await must(['mount', '-t', 'sysfs', '-o', 'nosuid,nodev,noexec', 'sysfs', '/sys'])
await ownBoot()
await ownEtc()
await must(['hostname', name])
await buildNamespace(p, true)
const bare = settings.hosts.find(host => host.number === number)?.bare === true
if (bare) await ownHomes()
await mkdir(SHARED, { recursive: true })
await must(['mount', '--bind', lab.shared, SHARED])
await network()
await joinIfAsked()

// Control groups are this machine's, and two hosts would name theirs alike: VMs of a lab run without.
const confined = { ...(await confinement()), cgroups: false }
const world = {
  paths: p,
  libvirt: { uuid: uuidOf(), address: bare ? null : address, own: bare },
  confinement: confined,
}
const supervisor = new Supervisor(
  bare
    ? [virtlogd(world), libvirtd(world), sshd()]
    : [
        virtlogd(world),
        libvirtd(world),
        keepersProgram({ paths: p }),
        agentProgram({ paths: p, address, port: AGENT_PORT }),
      ],
  p.log,
)
await mkdir(p.run, { recursive: true, mode: 0o700 })
await listen(p.socket, async (request, said) => {
  if (request.do === 'status')
    return {
      report: {
        pid: process.pid,
        version,
        startedAt,
        children: supervisor.reports(),
        notes: confinementNotes(confined),
      },
    }
  if (request.do === 'restart') supervisor.restart(request.names)
  else {
    await supervisor.stop(said)
    setTimeout(() => process.exit(0), 50)
  }
  return { done: true }
})
supervisor.start()

function uuidOf(): string {
  const found = settings?.hosts.find(host => host.number === number)
  if (found === undefined) throw new Error(`host ${number} is not in ${lab.settings}`)
  return found.uuid
}

/** To be switched on is to boot: the kernel's name of the boot is another one, and with it all of /run is gone. */
async function ownBoot(): Promise<void> {
  const [id, file] = [randomUUID(), join(p.dataDir, 'boot-id')]
  await writeFile(file, `${id}\n`)
  await must(['mount', '--bind', file, '/proc/sys/kernel/random/boot_id'])
  // Whether KVM works is this machine's, whatever its hosts do: what is known of it holds for their next boot too.
  const known = join(p.agent, 'acceleration.json')
  const text = await readFile(known, 'utf8').catch(() => undefined) // not found out yet
  if (text !== undefined) await writeFile(known, text.replace(/(?<="key":")[0-9a-f-]{36}/, id))
}

/** A copy of this machine's /etc, made once, which the host changes as it likes: name, hosts, groups, certificates. */
async function ownEtc(): Promise<void> {
  const etc = join(p.dataDir, 'etc')
  const made = join(p.dataDir, 'etc.made')
  if ((await readFile(made, 'utf8').catch(() => undefined)) === undefined) {
    await must(['rm', '-rf', etc])
    await must(['cp', '--archive', '/etc', etc])
    await writeFile(made, '')
  }
  await writeFile(join(etc, 'hostname'), `${name}\n`)
  await writeFile(
    join(etc, 'hosts'),
    ['127.0.0.1 localhost', `${ownAddress(settings?.subnet ?? '')} engine`]
      .concat(
        (settings?.hosts ?? []).map(host => `${hostAddress(settings as never, host.number)} ${hostName(host.number)}`),
      )
      .join('\n')
      .concat('\n'),
  )
  await must(['rm', '-f', join(etc, 'machine-id')])
  await writeFile(join(etc, 'machine-id'), `${uuidOf().replaceAll('-', '')}\n`)
  await must(['mount', '--bind', etc, '/etc'])
}

/** Folders of its own for what people and engines put on a machine: nothing of it is seen outside. */
async function ownHomes(): Promise<void> {
  for (const folder of ['/root', '/opt', '/var/opt']) {
    const own = join(p.dataDir, 'homes', folder)
    await mkdir(own, { recursive: true, mode: folder === '/root' ? 0o700 : 0o755 })
    await must(['mount', '--bind', own, folder])
  }
  const password = (await readFile(rootPassword(p), 'utf8')).trim()
  await must(['chpasswd'], { input: `root:${password}\n` })
}

/** SSH for root, with the password of the machine or a key that was admitted. */
function sshd(): ChildSpec {
  const keys = ['ed25519', 'ecdsa'].map(kind => ({ kind, file: `/etc/ssh/lab_host_${kind}_key` }))
  return {
    name: 'sshd',
    after: [],
    async prepare() {
      await mkdir('/run/sshd', { recursive: true, mode: 0o755 })
      for (const { kind, file } of keys)
        if ((await exec(['test', '-e', file])).code !== 0)
          await must(['ssh-keygen', '-q', '-t', kind, '-N', '', '-C', name, '-f', file])
      const options = [
        'PermitRootLogin=yes',
        'UsePAM=no',
        'PidFile=none',
        `ListenAddress=${address}`,
        ...keys.map(({ file }) => `HostKey=${file}`),
      ]
      return ['/usr/sbin/sshd', '-D', '-e', '-f', '/dev/null', ...options.flatMap(option => ['-o', option])]
    },
    ready: () => takesConnections(address, 22),
    quiet: true,
    stop: { signal: 'SIGTERM', patience: 5_000 },
  }
}

/** A host that is new to its engine joins it, as any machine does, before anything else of it starts. */
async function joinIfAsked(): Promise<void> {
  const text = await readFile(joinFile(p), 'utf8').catch(() => undefined) // it has joined
  if (text === undefined) return
  const order = JSON.parse(text) as JoinOrder
  const agent = join(inside.app, 'agent/src/main.ts')
  await must([process.execPath, ...nodeFlags, agent, ...joinWords(order, address)], {
    input: order.token,
    timeout: 120_000,
    env: { ...process.env, NODE_COMPILE_CACHE: join(inside.data, 'agent/cache') },
  })
  await rm(joinFile(p))
}

/** Waits for the cards that whoever started us plugs in. */
async function network(): Promise<void> {
  for (let tries = 0; tries < 3000; tries++) {
    const { stdout } = await exec(['ip', '-4', 'address', 'show', 'dev', 'eth0'])
    if (stdout.includes(`inet ${address}/`)) return
    await new Promise(resolve => setTimeout(resolve, 10))
  }
  throw new Error('nobody plugged the host in')
}
