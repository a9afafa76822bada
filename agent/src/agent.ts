import { join } from 'node:path'
import { unavailable } from '@rookery/model'
import type { HostFacts } from '@rookery/protocol'
import type { Logger } from 'pino'
import { findAcceleration } from './accel/probe.ts'
import type { AgentConfig } from './config.ts'
import { Consoles } from './console/consoles.ts'
import type { DomainContext } from './domain/context.ts'
import { resizeRunning } from './domain/devices.ts'
import { GuestPoller } from './domain/guest.ts'
import { domainInventory } from './domain/inventory.ts'
import { finishCertificate } from './enrol/certificates.ts'
import { certificateHandlers } from './enrol/handlers.ts'
import { vmHandlers } from './domain/handlers.ts'
import { Hypervisor } from './domain/hypervisor.ts'
import { Observer } from './domain/observer.ts'
import { isTapName, Places } from './domain/places.ts'
import { runLeases } from './domain/run-lease.ts'
import { type HypervisorFacts, hostFacts, hypervisorFacts } from './facts/facts.ts'
import { takeInventory } from './inventory.ts'
import { leaseHandlers } from './keeper/handlers.ts'
import { Leases } from './keeper/leases.ts'
import { Gifts } from './migration/gift.ts'
import type { MigrationParts } from './migration/parts.ts'
import { layOutPki, pkiFolders, unfit } from './migration/pki.ts'
import { allowPostCopy } from './migration/post-copy.ts'
import { sendsRunning } from './migration/way.ts'
import { tryProgram } from './run-program.ts'
import { createNetworks } from './network/networks.ts'
import { powerHandlers } from './power/fence.ts'
import { route } from './server/routes.ts'
import { type Listener, openListener } from './server/server.ts'
import { openState } from './state/database.ts'
import { keepEndedRuns } from './state/ended-runs.ts'
import { recallOwner, rememberOwner, startHostState } from './state/host-state.ts'
import type { CreateStorage } from './storage-port.ts'
import { Journal } from './tasks/journal.ts'
import { TaskService } from './tasks/service.ts'
import { WatchHub } from './watch/hub.ts'
import { startPulse } from './watch/pulse.ts'

/** A running agent. */
export interface Agent {
  /** Ports that were taken, for a configuration that says 0. */
  readonly port: number
  readonly imagesPort: number
  /** Ends in good order; guests run on, unfinished tasks are taken up by the next start. */
  stop(): Promise<void>
}

/** How long a request for facts waits for libvirt. */
const factsPatienceMs = 15_000

/** How long after its start the agent waits for libvirt before it leaves what guests left to the next start. */
const sweepPatienceMs = 120_000

/** How long a stop waits for libvirt to say whether guests run. */
const stopPatienceMs = 5000

/** Puts the agent together and starts it. The order matters: what was promised (journal) is read before anything is answered. */
export async function startAgent(config: AgentConfig, log: Logger, createStorage: CreateStorage): Promise<Agent> {
  const db = openState(config.dataDir)
  const state = startHostState(db)
  const places = new Places(config.runDir, config.dataDir)
  places.prepare()
  const hypervisor = new Hypervisor(config.libvirtSocket, log.child({ part: 'libvirt' }))
  const images = { port: config.imagesListen.port }
  const listeners: Listener[] = []
  let owner = recallOwner(db)
  let found: (HypervisorFacts & { acceleration: HostFacts['acceleration'] }) | null = null

  const leases = new Leases({
    dataDir: config.dataDir,
    runDir: config.runDir,
    hostId: state.hostUuid,
    watchdog: config.watchdog !== null,
    log: log.child({ part: 'leases' }),
  })
  const storage = createStorage({
    dataDir: config.dataDir,
    runDir: config.runDir,
    log: log.child({ part: 'storage' }),
    imagesUrl: () => `https://${urlHost(config.advertise)}:${images.port}`,
    qemuOwner: () => owner,
    resizeRunning: (run, capacity) => resizeRunning(ctx, run, capacity),
    leases,
    imageInTurn: (imageId, work) => tasks.inTurn([`image:${imageId}`], work),
  })
  const hub = new WatchHub(state.incarnation, keepEndedRuns(db), () => storage.reports())
  storage.onReport(report => hub.storage(report))
  const network = createNetworks({
    db,
    bridgePrefix: config.network.bridgePrefix,
    subnet: config.network.subnet,
    uplink: config.network.uplink,
    folder: join(config.dataDir, 'network'),
    log: log.child({ part: 'network' }),
    changed: (id, present) => hub.setNetwork(id, present),
  })
  const observer = new Observer({ hypervisor, hub, engineId: config.engineId, log: log.child({ part: 'observer' }) })
  const held = runLeases({ leases, storage, hypervisor })
  const gifts = new Gifts({ db, hypervisor, observer, leases: held, log: log.child({ part: 'gifts' }) })
  const ctx: DomainContext = {
    hypervisor,
    observer,
    places,
    storage,
    network,
    leases: held,
    gifts,
    engineId: config.engineId,
    incarnation: state.incarnation,
    emulator: config.emulator,
    bridgePrefix: config.network.bridgePrefix,
    log: log.child({ part: 'domain' }),
    ready: async () => void (await whenKnown()),
    accel: () => known().acceleration.kind,
    sendsRunning: () => sendsRunning(known().acceleration.kind, known().qemuVersion),
    qemuOwner: () => owner,
  }
  const consoles = new Consoles(ctx)
  const migration = migrationParts(config, log)
  observer.onRuns(
    () => {},
    run => {
      ctx.leases.settle(ctx.leases.ofLive(run.live)).catch(complain('let go of images'))
      for (const nic of run.live.nics) network.guard(nic.tap, null).catch(complain('take a guard away'))
      places.forgetVm(run.vmId)
    },
  )
  const guests = new GuestPoller(hypervisor, observer, config.timing)
  const tasks = new TaskService({
    journal: new Journal(db),
    handlers: {
      ...storage.handlers,
      ...network.handlers,
      ...vmHandlers(ctx, consoles.handler, migration),
      ...certificateHandlers(config.tls, () => takeCertificate()),
      ...powerHandlers(config.fenceAgents),
      ...leaseHandlers(leases, storage),
    },
    hub,
    log: log.child({ part: 'tasks' }),
    // Files and mounts for guests depend on who QEMU is: the very first tasks of a host wait until libvirt has said it.
    before: async () => void (owner === null && (await Promise.race([looked.promise, afterMs(factsPatienceMs)]))),
  })

  const known = () => {
    if (found === null) throw unavailable('host.starting', 'The host is still finding out what it can do.')
    return found
  }
  const complain = (what: string) => (error: unknown) => log.warn({ err: error }, `could not ${what}`)
  const isOwnNic = (name: string) => name.startsWith(config.network.bridgePrefix) || isTapName(name)
  const lookAround = async () => {
    found = await hypervisorFacts(hypervisor, config.emulator, named =>
      findAcceleration({
        emulator: config.emulator,
        wish: config.accel,
        cacheFile: join(config.dataDir, 'acceleration.json'),
        owner: named,
      }),
    )
    if (found.owner !== null) rememberOwner(db, found.owner)
    owner = found.owner
    if (config.migration !== null && migration !== null) layOutPki(config.migration.pki, config.tls, owner)
    log.info({ acceleration: found.acceleration, qemu: found.qemuVersion }, 'this host is known')
    looked.resolve()
  }
  const looked = Promise.withResolvers<void>()
  hypervisor.onUp(() => void lookAround().catch(complain('find out what this host can do')))
  const whenKnown = async () => {
    if (found === null) await Promise.race([looked.promise, afterMs(factsPatienceMs)])
    return known()
  }
  /** A renewed certificate goes to the listeners, to QEMU, which reads it at each migration, and to libvirt, which has to be told. */
  const takeCertificate = async () => {
    if (config.migration !== null) {
      layOutPki(config.migration.pki, config.tls, owner)
      await tryProgram('virt-admin', ['server-update-tls', 'libvirtd'], { timeoutMs: 15_000 }).catch(
        complain('tell libvirt of the new certificate'),
      )
    }
    for (const listener of listeners) listener.reload()
  }
  /** A host without guests is left without bridges of ours. What libvirt cannot say for certain counts as a guest. */
  const tidyNetworks = async () => {
    if (tasks.unfinished().some(kind => /^(vm|network)\./.test(kind))) return
    const domains = await Promise.race([observer.anyDomain(), afterMs(stopPatienceMs).then(() => true)])
    if (!domains && (await network.withdraw())) log.info('no guest runs: the networks are away until the next start')
  }
  const door = migration === null ? null : { address: migration.address, port: migration.port }
  const facts = async (): Promise<HostFacts> => hostFacts(state, await whenKnown(), isOwnNic, door)

  /** Sockets, seeds and logs of guests that ended while the agent was away, or whose start was killed. */
  const sweepGuests = async () => {
    await hub.whenReady(sweepPatienceMs)
    const { found } = await domainInventory({ ...ctx, dataDir: config.dataDir })
    const running = new Set(found.filter(thing => thing.kind === 'guest_process').map(thing => thing.about))
    const left = new Set(
      found.flatMap(({ kind, about }) => (kind === 'guest_process' || about === null ? [] : [about])),
    )
    for (const vmId of left)
      if (!running.has(vmId))
        await tasks.inTurn([`vm:${vmId}`, `vm.create:${vmId}`], async () => {
          if ((await hypervisor.xml(vmId)) === null) places.forgetVm(vmId)
        })
  }
  const inventory = (ids: ReadonlySet<string>) =>
    takeInventory({ ctx, storage, consoles, tasks, dataDir: config.dataDir }, ids)

  await finishCertificate(config.tls)
  await network.start()
  await storage.start()
  hypervisor.start()
  observer.start()
  guests.start()
  const main = await openListener({
    listen: config.listen,
    tls: config.tls,
    clientCertificate: 'required',
    request: (req, res) => route({ facts, inventory, tasks, hub, storage }, req, res),
    upgrade: (req, socket, head) => consoles.upgrade(req, socket, head),
    log: log.child({ part: 'server' }),
  })
  const data = await openListener({
    listen: config.imagesListen,
    tls: config.tls,
    clientCertificate: 'none',
    request: storage.imagesListener,
    log: log.child({ part: 'images' }),
  })
  images.port = data.port
  listeners.push(main, data)
  gifts.start()
  tasks.resume()
  sweepGuests().catch(complain('remove what guests left'))
  const stopPulse = startPulse({ hub, hypervisor, observer, timing: config.timing, log: log.child({ part: 'stats' }) })
  log.info({ port: main.port, imagesPort: data.port, incarnation: state.incarnation }, 'the agent is ready')

  return {
    port: main.port,
    imagesPort: data.port,
    async stop() {
      tasks.stop()
      stopPulse()
      guests.stop()
      observer.stop()
      gifts.stop()
      consoles.stop()
      await Promise.all([main.close(), data.close(), storage.stop()])
      await tidyNetworks().catch(complain('take the networks of this host away'))
      await hypervisor.stop()
      db.close()
    },
  }
}

/** What this host has for migrations; null when it takes no part in them, which the log then explains. */
function migrationParts(config: AgentConfig, log: Logger): MigrationParts | null {
  if (config.migration === null) return null
  const { address, port, pki } = config.migration
  const reason = unfit(config.tls.cert, address)
  if (reason !== null) {
    log.warn({ reason }, 'this host takes no part in migrations')
    return null
  }
  const denied = allowPostCopy()
  if (denied !== null) log.info({ reason: denied }, 'post-copy migration is not possible on this host')
  return { address, port, libvirtPki: pkiFolders(pki).libvirt }
}

const urlHost = (host: string): string => (host.includes(':') ? `[${host}]` : host)

function afterMs(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms).unref())
}
