import { spawn } from 'node:child_process'
import { chmod, mkdir, rm, stat } from 'node:fs/promises'
import { constants } from 'node:os'
import { join } from 'node:path'
import { upCommand } from '@rookery/cli/commands/up'
import { Fault } from '@rookery/cli/fault'
import { dataDirOf, type Paths, paths } from '@rookery/cli/instance/paths'
import { readSettings, type Settings, writeWhole } from '@rookery/cli/instance/settings'
import { newPassword } from '@rookery/cli/up/prepare'
import { takenNetworks } from '@rookery/cli/instance/subnet'
import { type Output, step } from '@rookery/cli/output'
import { report } from '@rookery/cli/supervisor/control'
import { isRoot } from '@rookery/cli/system/account'
import { takeLock } from '@rookery/cli/system/lock'
import { Engine } from './engine.ts'
import { setPowerManagement } from './power-management.ts'
import { hasJoined, orderJoin, prepareHost, rootPassword } from './host-files.ts'
import { type LabHostReport, labReport, order, startPower } from './power.ts'
import {
  hostName,
  hostNumber,
  hostPaths,
  type LabPaths,
  type LabSettings,
  labPaths,
  MOST_HOSTS,
  ownAddress,
  readLab,
  withHosts,
  writeLab,
} from './settings.ts'
import {
  type DomainSaid,
  ensurePlace,
  ensureStorage,
  forgetPlace,
  type HostSaid,
  labHosts,
  joinToken,
  LAB,
  untilUp,
} from './site.ts'

/** What every lab command may be told. */
export interface LabOptions {
  readonly dataDir?: string
  readonly json?: boolean
}

/** A host of a lab as `--json` lists it: what the lab knows of it, and what the engine does. */
export interface LabHost {
  readonly name: string
  readonly address: string
  readonly power: 'on' | 'off'
  readonly cutFrom: readonly string[]
  /** The engine's id and status; absent when the engine does not run or does not know it. */
  readonly id?: string
  readonly status?: string
  readonly spm?: boolean
  /** Of a bare machine: the file with its root's password, for SSH. */
  readonly rootPasswordFile?: string
}

/** What `lab up --json` and `lab list --json` print. */
export interface LabSaid {
  readonly dataDir: string
  readonly cluster: string
  readonly hosts: readonly LabHost[]
  readonly storageDomains: readonly { readonly name: string; readonly status: string }[]
  /** The network of engine and hosts, and that of guests. */
  readonly subnet: string
  readonly guestSubnet: string
}

/** How many hosts a lab has unless somebody says. */
const HOSTS = 3

/** `rookery lab up`: from nothing, or from whatever is there, to so many hosts that are up in one cluster on shared storage. */
export async function labUp(
  o: LabOptions & { hosts?: string; bare?: string; leases?: boolean; yes?: boolean },
  out: Output,
): Promise<void> {
  const count = o.hosts === undefined ? undefined : hostCount('--hosts', o.hosts, 1)
  const bare = o.bare === undefined ? 0 : hostCount('--bare', o.bare, 0)
  if (!isRoot())
    throw new Fault(
      'needsRoot',
      'A lab has real hosts, and those need root.',
      'Run it again with sudo, or use "rookery dev".',
    )
  const p = paths(dataDirOf(o.dataDir))
  if (!(await report(p.socket)))
    await upCommand(
      { detach: true, ...(o.yes === undefined ? {} : { yes: o.yes }), dataDir: p.dataDir },
      { ...out, result: () => {} },
    )
  const settings = await instance(p)
  if (settings.mode !== 'host')
    throw new Fault('needsRoot', `The instance in ${p.dataDir} was set up without root.`, 'Choose another --data-dir.')
  const lab = labPaths(p.dataDir)
  await mkdir(lab.folder, { recursive: true, mode: 0o711 })
  await chmod(lab.folder, 0o711)
  await locked(lab, async () => {
    const old = await readLab(lab)
    const made = withHosts(old, count ?? (old?.hosts.filter(host => host.bare !== true).length || HOSTS), bare, {
      ...settings,
      taken: old === undefined ? await takenNetworks('lb') : [],
    })
    await prepare(p, lab, made)
    const hosts = made.hosts.filter(host => host.bare !== true).map(host => host.number)
    const engine = await Engine.signIn(p, settings)
    await step(
      out,
      'hosts',
      async s => {
        await startPower(lab, p.dataDir)
        const place = await ensurePlace(engine)
        for (const number of hosts) {
          if (await hasJoined(hostPaths(lab, number))) continue
          await orderJoin(hostPaths(lab, number), {
            token: await joinToken(engine, place, number),
            engine: `https://${ownAddress(made.subnet)}:${settings.port}`,
            engineName: 'localhost',
            accel: settings.accel,
            subnet: settings.subnet,
          })
        }
        await Promise.all(made.hosts.map(({ number }) => order(lab, { do: 'start', host: hostName(number) })))
        await setPowerManagement(
          engine,
          await untilUp(engine, place, hosts.map(hostName), text => s.note(text)),
          lab,
          made,
        )
      },
      () => `${hosts.map(hostName).join(', ')} up`,
    )
    await step(
      out,
      'shared storage',
      async s => ensureStorage(engine, await ensurePlace(engine), o.leases === true, text => s.note(text)),
      domain => `${domain.name} ${domain.status}`,
    )
    const said = await look(p, settings, lab, made, engine)
    await engine.signOut()
    out.result(listing(said), said)
  })
}

function hostCount(option: string, text: string, least: number): number {
  const n = Number(text)
  if (Number.isInteger(n) && n >= least && n <= MOST_HOSTS) return n
  throw new Fault(
    'usage',
    `${option} ${text}: this must be a whole number from ${least} to ${MOST_HOSTS}.`,
    `For example: ${option} 3`,
  )
}

async function prepare(p: Paths, lab: LabPaths, made: LabSettings): Promise<void> {
  await mkdir(join(lab.shared, 'data'), { recursive: true, mode: 0o755 })
  for (const folder of [lab.shared, join(lab.shared, 'data')]) await chmod(folder, 0o755)
  await mkdir(join(lab.folder, 'hosts'), { recursive: true, mode: 0o711 })
  await writeLab(lab, made)
  if ((await stat(lab.switchPassword).catch(() => undefined)) === undefined)
    await writeWhole(lab.switchPassword, newPassword(), 0o600)
  for (const { number, bare } of made.hosts) {
    await prepareHost(p, lab, number)
    const file = rootPassword(hostPaths(lab, number))
    if (bare === true && (await stat(file).catch(() => undefined)) === undefined)
      await writeWhole(file, `${newPassword()}\n`, 0o600)
  }
}

/** `rookery lab list`: hosts with power and status. */
export async function labList(o: LabOptions, out: Output): Promise<number> {
  const p = paths(dataDirOf(o.dataDir))
  const settings = await instance(p)
  const { lab, made } = await known(p)
  const engine = (await report(p.socket)) ? await Engine.signIn(p, settings).catch(() => undefined) : undefined // away: the lab alone
  const said = await look(p, settings, lab, made, engine)
  await engine?.signOut()
  out.result(listing(said), said)
  return said.hosts.every(host => host.status === 'up' || host.rootPasswordFile !== undefined) ? 0 : 1
}

/** `rookery lab exec HOST -- CMD`: runs a program in a host, with our input and output; gives its exit code. */
export async function labExec(o: LabOptions, words: readonly string[]): Promise<number> {
  const [name = '', ...rest] = words
  const [program, ...args] = rest[0] === '--' ? rest.slice(1) : rest
  const host = await running(paths(dataDirOf(o.dataDir)), name)
  if (program === undefined)
    throw new Fault('usage', 'There is nothing to run.', `For example: rookery lab exec ${host.name} -- virsh list`)
  const into = ['--mount', '--uts', '--ipc', '--net', '--pid']
  const child = spawn('/usr/bin/nsenter', ['--target', String(host.pid), ...into, '--', program, ...args], {
    cwd: '/',
    stdio: 'inherit',
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? 'SIGTERM']))
  })
}

/** `rookery lab kill HOST`: pulls the plug. */
export async function labKill(o: LabOptions, name: string, out: Output): Promise<void> {
  const { lab } = await known(paths(dataDirOf(o.dataDir)))
  const host = hostName(hostNumber(name))
  await order(lab, { do: 'kill', host })
  out.result(`${host} is off.`, { name: host, power: 'off' })
}

/** `rookery lab start HOST`: switches a host on again. */
export async function labStart(o: LabOptions, name: string, out: Output): Promise<void> {
  const { lab } = await known(paths(dataDirOf(o.dataDir)))
  const host = hostName(hostNumber(name))
  await order(lab, { do: 'start', host })
  out.result(`${host} is on.`, { name: host, power: 'on' })
}

/** `rookery lab partition HOST [--from …]`: cuts a host off from others, or from all; storage stays. */
export async function labPartition(o: LabOptions & { from?: string[] }, name: string, out: Output): Promise<void> {
  const { lab } = await known(paths(dataDirOf(o.dataDir)))
  const host = hostName(hostNumber(name))
  const from = (o.from ?? []).map(each => (each === 'engine' ? each : hostName(hostNumber(each))))
  await order(lab, { do: 'partition', host, from })
  out.result(`${host} is cut off from ${from.length === 0 ? 'everybody' : from.join(', ')}.`, { name: host, from })
}

/** `rookery lab heal HOST`: takes back every cut. */
export async function labHeal(o: LabOptions, name: string, out: Output): Promise<void> {
  const { lab } = await known(paths(dataDirOf(o.dataDir)))
  const host = hostName(hostNumber(name))
  await order(lab, { do: 'heal', host })
  out.result(`${host} reaches everybody again.`, { name: host })
}

/** `rookery lab down`: everything of the lab off the machine. Its files stay for the next `lab up`, unless `remove` is asked for. */
export async function labDown(o: LabOptions & { remove?: boolean }, out: Output): Promise<void> {
  const p = paths(dataDirOf(o.dataDir))
  const lab = labPaths(p.dataDir)
  let ran = false
  if (await readLab(lab))
    await locked(lab, async () => {
      if (o.remove === true) await forget(p)
      ran = (await labReport(lab)) !== undefined
      if (ran) await order(lab, { do: 'stop' })
      await ended(lab)
    })
  if (o.remove === true) await rm(lab.folder, { recursive: true, force: true })
  out.result(ran ? 'The lab is off.' : 'No lab ran.', { stopped: ran, removed: o.remove === true })
}

/** Takes the lab from the engine, which must run for that. */
async function forget(p: Paths): Promise<void> {
  const settings = await instance(p)
  if (!(await report(p.socket)))
    throw new Fault(
      'notRunning',
      'The engine does not run, so it could not forget the hosts.',
      'Start it first: rookery up --detach',
    )
  const engine = await Engine.signIn(p, settings)
  await forgetPlace(engine)
  await engine.signOut()
}

/** The lab's process answers before it ends: it is over when its lock is free. */
async function ended(lab: LabPaths): Promise<void> {
  const unlock = await takeLock(lab.lock, { wait: true })
  await unlock?.()
}

async function locked(lab: LabPaths, work: () => Promise<void>): Promise<void> {
  const unlock = await takeLock(lab.commandLock)
  if (!unlock)
    throw new Fault('busy', `Another "rookery lab" command works on ${lab.folder} right now.`, 'Wait for it to end.')
  try {
    await work()
  } finally {
    await unlock()
  }
}

async function instance(p: Paths): Promise<Settings> {
  const settings = await readSettings(p)
  if (settings !== undefined) return settings
  throw new Fault(
    'notRunning',
    `There is no instance in ${p.dataDir}.`,
    'Make one, with a lab: rookery lab up --hosts 3',
  )
}

async function known(p: Paths): Promise<{ lab: LabPaths; made: LabSettings }> {
  const lab = labPaths(p.dataDir)
  const made = await readLab(lab)
  if (made !== undefined) return { lab, made }
  throw new Fault('notRunning', `There is no lab in ${p.dataDir}.`, 'Make one: rookery lab up --hosts 3')
}

async function running(p: Paths, name: string): Promise<LabHostReport & { pid: number }> {
  const { lab } = await known(p)
  const wanted = hostName(hostNumber(name))
  const host = (await labReport(lab))?.hosts.find(each => each.name === wanted)
  if (host?.pid !== undefined) return { ...host, pid: host.pid }
  throw new Fault('notRunning', `The host ${wanted} is off.`, `Switch it on: rookery lab start ${wanted}`)
}

/** What there is, in the words of the lab and of the engine. */
async function look(
  p: Paths,
  _settings: Settings,
  lab: LabPaths,
  made: LabSettings,
  engine: Engine | undefined,
): Promise<LabSaid> {
  const power = await labReport(lab)
  let hosts: HostSaid[] = []
  let domains: DomainSaid[] = []
  if (engine !== undefined) {
    const cluster = (await engine.query<{ id: string; name: string; dataCenterId: string }[]>('cluster.list')).find(
      each => each.name === LAB,
    )
    if (cluster !== undefined) {
      hosts = await labHosts(engine, { clusterId: cluster.id, dataCenterId: cluster.dataCenterId })
      domains = await engine.query<DomainSaid[]>('storageDomain.list', { dataCenterIds: [cluster.dataCenterId] })
    }
  }
  return {
    dataDir: p.dataDir,
    cluster: LAB,
    hosts: made.hosts.map(({ number, bare }) => {
      const name = hostName(number)
      const here = power?.hosts.find(each => each.name === name)
      const there = hosts.find(each => each.name === name)
      return {
        name,
        address: here?.address ?? '',
        power: here?.power ?? 'off',
        cutFrom: here?.cutFrom ?? [],
        ...(there === undefined ? {} : { id: there.id, status: there.status, spm: there.spmStatus === 'spm' }),
        ...(bare === true ? { rootPasswordFile: rootPassword(hostPaths(lab, number)) } : {}),
      }
    }),
    storageDomains: domains.map(({ name, status }) => ({ name, status })),
    subnet: made.subnet,
    guestSubnet: made.guestSubnet,
  }
}

function listing(said: LabSaid): string {
  const lines = said.hosts.map(host => {
    const cut =
      host.cutFrom.length === 0
        ? ''
        : `  cut off from ${host.cutFrom.map(each => (each === '*' ? 'everybody' : each)).join(', ')}`
    return `  ${host.name.padEnd(4)} ${host.address.padEnd(15)} ${host.power.padEnd(3)}  ${host.status ?? (host.rootPasswordFile === undefined ? 'not known to the engine' : `bare machine; root’s password is in ${host.rootPasswordFile}`)}${host.spm === true ? ', SPM' : ''}${cut}`
  })
  const storage = said.storageDomains.map(domain => `  storage domain ${domain.name}: ${domain.status}`)
  return [`Cluster ${said.cluster}, guests in ${said.guestSubnet}:`, ...lines, ...storage].join('\n')
}
