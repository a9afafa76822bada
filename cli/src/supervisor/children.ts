import { access, mkdir, readFile } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import {
  type Cluster,
  checkDataVersion,
  clearStaleLock,
  connection,
  embeddedBinaries,
  ensureDatabase,
  initPostgres,
  serverArgv,
  SUPERUSER,
  waitReady,
  type Account,
  asAccount,
} from '@rookery/postgres'
import { appRoot, type Paths, seenBy } from '../instance/paths.ts'
import type { Settings } from '../instance/settings.ts'
import { call, reach } from '../system/https.ts'
import type { ChildSpec } from './child.ts'
import { type Confinement, hostUuid, libvirtAnswers, type LibvirtIdentity, prepareLibvirt } from './libvirt.ts'
import { runningVms } from './namespace.ts'

/** What the specs of a host's programs need to know. */
export interface HostWorld {
  readonly paths: Paths
  readonly libvirt: LibvirtIdentity
  readonly confinement: Confinement
}

/** Everything the specs need to know. */
export interface World {
  readonly paths: Paths
  readonly settings: Settings
  /** The user of engine and database; absent without root, when all run as the caller. */
  readonly account: Account | undefined
  readonly confinement: Confinement
}

/** The programs of an instance, in the order of their starting. */
export function children(w: World): ChildSpec[] {
  const host = w.settings.mode === 'host'
  const here = { ...w, libvirt: { uuid: hostUuid(w.settings.engineId), address: null } }
  return [
    ...(w.settings.database === 'embedded' ? [postgres(w)] : []),
    ...(host ? [virtlogd(here), libvirtd(here), agent(w)] : []),
    ...(w.settings.simulate > 0 ? [simulator(w)] : []),
    engine(w),
  ]
}

/** The cluster of an instance, as its own processes see it. */
export async function cluster(w: Pick<World, 'settings' | 'paths' | 'account'>): Promise<Cluster> {
  const seen = seenBy(w.settings, w.paths.dataDir)
  await checkout(seen.app)
  const binaries = await embeddedBinaries()
  return {
    binaries: { ...binaries, bin: binaries.bin.replace(appRoot, seen.app) },
    data: join(seen.data, 'postgres/data'),
    socket: join(seen.data, 'postgres/run'),
    ...(w.account ? { account: w.account } : {}),
  }
}

/** A mount goes on showing a checkout that was deleted; one that was made anew at the same path is another one. */
async function checkout(app: string): Promise<void> {
  await access(join(app, 'package.json')).catch(() => {
    throw new Error(
      `the checkout ${appRoot} was deleted or replaced; "rookery down" and "rookery up" start from the new one`,
    )
  })
}

function postgres(w: World): ChildSpec {
  let checked = false
  return {
    name: 'postgres',
    after: [],
    async prepare() {
      const c = await cluster(w)
      await checkDataVersion(c.data, c.binaries.major)
      await initPostgres(c)
      await clearStaleLock(c)
      return serverArgv(c)
    },
    async ready() {
      const c = await cluster(w)
      if (!checked) {
        await waitReady(connection(c, 'postgres', SUPERUSER), 1)
        await ensureDatabase(c)
        checked = true
      }
      await waitReady(connection(c), 1)
      return true
    },
    stop: { signal: 'SIGINT', patience: 60_000 },
  }
}

/** The keeper of VMs' consoles, on any host. */
export function virtlogd(w: HostWorld): ChildSpec {
  return {
    name: 'virtlogd',
    after: [],
    async prepare() {
      await prepareLibvirt(w.paths, w.libvirt, w.confinement)
      return ['/usr/sbin/virtlogd', '--config', '/etc/libvirt/virtlogd.conf']
    },
    ready: () => libvirtAnswers('/run/libvirt/virtlogd-sock'),
    quiet: true,
    stop: { signal: 'SIGTERM', patience: 10_000 },
    // It holds the pipes that running VMs write their consoles to, so it lives as long as they do.
    stay: async () => (await runningVms(w.paths)).length > 0,
    async adopt() {
      const pid = Number.parseInt(await readFile('/run/virtlogd.pid', 'utf8').catch(() => ''), 10)
      const program = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')
      return program.trim() === 'virtlogd' && (await libvirtAnswers('/run/libvirt/virtlogd-sock')) ? pid : undefined
    },
  }
}

/** libvirt itself, on any host. */
export function libvirtd(w: HostWorld): ChildSpec {
  return {
    name: 'libvirtd',
    after: ['virtlogd'],
    async prepare() {
      await prepareLibvirt(w.paths, w.libvirt, w.confinement)
      const listen = w.libvirt.address === null && w.libvirt.own !== true ? [] : ['--listen']
      return asAccount(['/usr/sbin/libvirtd', '--config', '/etc/libvirt/libvirtd.conf', ...listen], undefined, 'TERM')
    },
    ready: () => libvirtAnswers(),
    quiet: true,
    stop: { signal: 'SIGTERM', patience: 15_000 },
  }
}

function agent(w: World): ChildSpec {
  return {
    name: 'agent',
    env: nodeEnv,
    after: ['libvirtd'],
    prepare: () => program(w, 'agent', undefined),
    ready: () => agentAnswers(w.paths, w.settings.agentPort, '/v1/host'),
    stop: { signal: 'SIGTERM', patience: 20_000 },
  }
}

/** The agent of a host that is no part of an instance, by its own files; it counts as ready once it takes connections. */
export function agentProgram(o: { paths: Paths; address: string; port: number }): ChildSpec {
  return {
    name: 'agent',
    env: nodeEnv,
    after: ['libvirtd'],
    prepare: () => program({ paths: o.paths, settings: { root: true, port: 0 } }, 'agent', undefined),
    ready: () => takesConnections(o.address, o.port),
    stop: { signal: 'SIGTERM', patience: 20_000 },
  }
}

/**
 * What keeps the storage leases of a host that is no part of an instance, also while its agent does not run. It may end at any time: the
 * keepers themselves go on.
 */
export function keepersProgram(o: { paths: Paths }): ChildSpec {
  return {
    name: 'keepers',
    env: nodeEnv,
    after: [],
    async prepare() {
      const words = await program({ paths: o.paths, settings: { root: true, port: 0 } }, 'agent', undefined)
      return [...words.slice(0, -2), 'keepers', ...words.slice(-2)]
    },
    ready: async () => true,
    quiet: true,
    stop: { signal: 'SIGTERM', patience: 5_000 },
  }
}

function simulator(w: World): ChildSpec {
  return {
    name: 'simulator',
    env: nodeEnv,
    after: [],
    prepare: () => program(w, 'simulator', w.account),
    ready: () => agentAnswers(w.paths, w.settings.simulatorPort, ''),
    stop: { signal: 'SIGTERM', patience: 10_000 },
  }
}

function engine(w: World): ChildSpec {
  return {
    name: 'engine',
    env: nodeEnv,
    after: w.settings.database === 'embedded' ? ['postgres'] : [],
    prepare: () => program(w, 'engine', w.account),
    async ready() {
      const ca = await readFile(w.paths.caForUsers, 'utf8')
      const { status } = await call(`https://${reach(w.settings.listen, w.settings.port)}/health`, {
        ca,
        timeout: 5_000,
      })
      return status === 200
    },
    stop: { signal: 'SIGTERM', patience: 30_000 },
  }
}

/**
 * A small young generation: our programs are idle most of the time, and V8 otherwise lets tens of megabytes of garbage lie.
 */
export const nodeFlags = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=2'] as const

/**
 * A fixed limit above which memory comes from and returns to the kernel directly. glibc otherwise raises it with the first large
 * block that is freed, and the next ones (a password check takes 19 MiB, on any of Node's threads) stay in each
 * thread's pool: 130 MB in an idle engine, measured.
 */
export const nodeEnv = {
  MALLOC_MMAP_THRESHOLD_: '262144',
  MALLOC_TRIM_THRESHOLD_: '262144',
  MALLOC_ARENA_MAX: '2',
} as const

/** The words that run one of our own programs, with a cache for what Node compiles so that the next start is quicker. */
async function program(
  w: { readonly paths: Paths; readonly settings: Pick<Settings, 'root' | 'port'> },
  name: 'agent' | 'engine' | 'simulator',
  account: Account | undefined,
): Promise<string[]> {
  const seen = seenBy(w.settings, w.paths.dataDir)
  await checkout(seen.app)
  const node = process.execPath.startsWith(`${appRoot}/`)
    ? process.execPath.replace(appRoot, seen.app)
    : process.execPath
  await mkdir(w.paths[name], { recursive: true })
  const cache = `NODE_COMPILE_CACHE=${join(seen.data, name, 'cache')}`
  const main = [node, ...nodeFlags, join(seen.app, name, 'src/main.ts')]
  const config = join(seen.data, name, 'config.json')
  const words = name === 'engine' ? [config] : ['--config', config]
  const port =
    w.settings.port < 1024 && name === 'engine' && account
      ? ['--inh-caps=+net_bind_service', '--ambient-caps=+net_bind_service']
      : []
  const [setpriv, ...rest] = asAccount(['/usr/bin/env', cache, ...main, ...words], account, 'TERM')
  return [setpriv as string, ...port, ...rest]
}

/** One look whether anybody listens. */
export function takesConnections(host: string, port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = createConnection({ host, port, timeout: 5_000 })
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

/** Whether a server of the agent contract answers us, with any status if `path` is empty: the port alone is then the question. */
async function agentAnswers(p: Paths, port: number, path: string): Promise<boolean> {
  const [ca, cert, key] = await Promise.all([
    readFile(p.caForUsers, 'utf8'),
    readFile(join(p.engine, 'tls/agents.crt'), 'utf8'),
    readFile(join(p.engine, 'tls/agents.key'), 'utf8'),
  ])
  const { status } = await call(`https://${reach('127.0.0.1', port)}${path || '/'}`, { ca, cert, key, timeout: 5_000 })
  return path === '' || status === 200
}
