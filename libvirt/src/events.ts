/**
 * The events libvirt can send, by name, and who listens to them.
 *
 * Each event is registered with the daemon once per connection, for all objects, however many listeners there are;
 * filtering by domain happens here. That way an event never arrives twice, and none is lost between "registered" and
 * the answer that says so.
 */
import type { Connection } from './connection.ts'
import * as c from './generated/constants.gen.ts'
import type { RemoteNonnullDomain } from './generated/remote.gen.ts'
import * as names from './names.ts'
import type { CallArgs, ProcedureName } from './procedures.ts'
import { type DomainRef, domainRef, formatUuid } from './refs.ts'
import { fromTypedParams, plainInteger } from './typed-params.ts'

/** Which pair of procedures registers an event. */
type Family = 'Domain' | 'Network' | 'StoragePool' | 'NodeDevice' | 'Secret' | 'qemu'

interface EventDefinition<Payload> {
  family: Family
  id: number
  procedure: ProcedureName
  read(body: unknown): Payload
}

function define<N extends ProcedureName, Payload>(
  family: Family,
  id: number,
  procedure: N,
  read: (body: CallArgs<N>) => Payload,
): EventDefinition<Payload> {
  // The connection decodes an event's body with the codec of the procedure that it is named by.
  return { family, id, procedure, read: body => read(body as CallArgs<N>) }
}

/** Most domain events of the first years wrap their fields in a second struct. */
function wrapped<N extends ProcedureName, Payload extends object>(
  id: number,
  procedure: N,
  read: (fields: WrappedFields<N>) => Payload,
): EventDefinition<Payload & { domain: DomainRef }> {
  return define('Domain', id, procedure, body => {
    const { msg } = body as unknown as { msg: WrappedFields<N> & { dom: RemoteNonnullDomain } }
    return { domain: domainRef(msg.dom), ...read(msg) }
  })
}
type WrappedFields<N extends ProcedureName> = CallArgs<N> extends { msg: infer Fields } ? Fields : never

function flat<N extends ProcedureName, Payload extends object>(
  id: number,
  procedure: N,
  read: (fields: CallArgs<N>) => Payload,
): EventDefinition<Payload & { domain: DomainRef }> {
  return define('Domain', id, procedure, body => {
    const { dom } = body as unknown as { dom: RemoteNonnullDomain }
    return { domain: domainRef(dom), ...read(body) }
  })
}

const { nameOf } = names

const EVENTS = {
  /** A domain was defined, started, suspended, stopped and so on. */
  lifecycle: wrapped(c.VIR_DOMAIN_EVENT_ID_LIFECYCLE, 'domainEventCallbackLifecycle', ({ event, detail }) => {
    const name: names.LifecycleEventName = nameOf(names.LIFECYCLE_EVENTS, event)
    const details: readonly string[] = name === 'unknown' ? [] : names.LIFECYCLE_DETAILS[name]
    return { event: name, detail: nameOf(details, detail), eventCode: event, detailCode: detail }
  }),
  /** The guest rebooted itself or was rebooted; the domain kept running. */
  reboot: wrapped(c.VIR_DOMAIN_EVENT_ID_REBOOT, 'domainEventCallbackReboot', () => ({})),
  /** The guest set its clock; the offset is in seconds from UTC. */
  rtcChange: wrapped(c.VIR_DOMAIN_EVENT_ID_RTC_CHANGE, 'domainEventCallbackRtcChange', ({ offset }) => ({
    offset: Number(offset),
  })),
  watchdog: wrapped(c.VIR_DOMAIN_EVENT_ID_WATCHDOG, 'domainEventCallbackWatchdog', ({ action }) => ({
    action: nameOf(names.WATCHDOG_ACTIONS, action),
  })),
  /** A disk failed; the reason is empty or for example `enospc`. */
  ioError: wrapped(
    c.VIR_DOMAIN_EVENT_ID_IO_ERROR_REASON,
    'domainEventCallbackIoErrorReason',
    ({ srcPath, devAlias, action, reason }) => ({
      path: srcPath,
      alias: devAlias,
      action: nameOf(names.IO_ERROR_ACTIONS, action),
      reason,
    }),
  ),
  /** Somebody connected to or left the VNC or SPICE display. */
  graphics: wrapped(c.VIR_DOMAIN_EVENT_ID_GRAPHICS, 'domainEventCallbackGraphics', msg => ({
    phase: nameOf(names.GRAPHICS_PHASES, msg.phase),
    local: msg.local,
    remote: msg.remote,
    authScheme: msg.authScheme,
    subject: msg.subject,
  })),
  /** libvirt lost control of the QEMU process. */
  controlError: wrapped(c.VIR_DOMAIN_EVENT_ID_CONTROL_ERROR, 'domainEventCallbackControlError', () => ({})),
  /** A block job ended or became ready to pivot; `disk` is the target name, for example `vda`. */
  blockJob: flat(c.VIR_DOMAIN_EVENT_ID_BLOCK_JOB_2, 'domainEventBlockJob2', ({ dst, type, status }) => ({
    disk: dst,
    type: nameOf(names.BLOCK_JOB_TYPES, type),
    status: nameOf(names.BLOCK_JOB_STATUSES, status),
  })),
  diskChange: wrapped(c.VIR_DOMAIN_EVENT_ID_DISK_CHANGE, 'domainEventCallbackDiskChange', msg => ({
    oldPath: msg.oldSrcPath,
    newPath: msg.newSrcPath,
    alias: msg.devAlias,
    reason: msg.reason,
  })),
  trayChange: wrapped(c.VIR_DOMAIN_EVENT_ID_TRAY_CHANGE, 'domainEventCallbackTrayChange', ({ devAlias, reason }) => ({
    alias: devAlias,
    change: nameOf(names.TRAY_CHANGES, reason),
  })),
  pmWakeup: wrapped(c.VIR_DOMAIN_EVENT_ID_PMWAKEUP, 'domainEventCallbackPmwakeup', () => ({})),
  pmSuspend: wrapped(c.VIR_DOMAIN_EVENT_ID_PMSUSPEND, 'domainEventCallbackPmsuspend', () => ({})),
  pmSuspendDisk: wrapped(c.VIR_DOMAIN_EVENT_ID_PMSUSPEND_DISK, 'domainEventCallbackPmsuspendDisk', () => ({})),
  /** The guest's balloon reached a new size. */
  balloonChange: wrapped(c.VIR_DOMAIN_EVENT_ID_BALLOON_CHANGE, 'domainEventCallbackBalloonChange', ({ actual }) => ({
    actualKiB: Number(actual),
  })),
  deviceAdded: flat(c.VIR_DOMAIN_EVENT_ID_DEVICE_ADDED, 'domainEventCallbackDeviceAdded', ({ devAlias }) => ({
    alias: devAlias,
  })),
  /** The guest let go of a device; only now it may be given to somebody else. */
  deviceRemoved: wrapped(c.VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED, 'domainEventCallbackDeviceRemoved', ({ devAlias }) => ({
    alias: devAlias,
  })),
  deviceRemovalFailed: flat(
    c.VIR_DOMAIN_EVENT_ID_DEVICE_REMOVAL_FAILED,
    'domainEventCallbackDeviceRemovalFailed',
    ({ devAlias }) => ({ alias: devAlias }),
  ),
  tunable: flat(c.VIR_DOMAIN_EVENT_ID_TUNABLE, 'domainEventCallbackTunable', ({ params }) => ({
    params: fromTypedParams(params),
  })),
  /** The QEMU guest agent connected or went away. */
  agentLifecycle: flat(
    c.VIR_DOMAIN_EVENT_ID_AGENT_LIFECYCLE,
    'domainEventCallbackAgentLifecycle',
    ({ state, reason }) => ({
      state: nameOf(names.AGENT_STATES, state),
      reason: nameOf(names.AGENT_REASONS, reason),
    }),
  ),
  migrationIteration: flat(
    c.VIR_DOMAIN_EVENT_ID_MIGRATION_ITERATION,
    'domainEventCallbackMigrationIteration',
    ({ iteration }) => ({ iteration }),
  ),
  /** A migration, save, dump or backup ended; the statistics are the job's last. */
  jobCompleted: flat(c.VIR_DOMAIN_EVENT_ID_JOB_COMPLETED, 'domainEventCallbackJobCompleted', ({ params }) => ({
    params: fromTypedParams(params),
  })),
  metadataChange: flat(
    c.VIR_DOMAIN_EVENT_ID_METADATA_CHANGE,
    'domainEventCallbackMetadataChange',
    ({ type, nsuri }) => ({
      type,
      uri: nsuri,
    }),
  ),
  /** A disk image grew past the threshold that was set for it (thin provisioning). Bytes. */
  blockThreshold: flat(
    c.VIR_DOMAIN_EVENT_ID_BLOCK_THRESHOLD,
    'domainEventBlockThreshold',
    ({ dev, path, threshold, excess }) => ({
      disk: dev,
      path,
      threshold: plainInteger(threshold),
      excess: plainInteger(excess),
    }),
  ),
  memoryFailure: flat(
    c.VIR_DOMAIN_EVENT_ID_MEMORY_FAILURE,
    'domainEventMemoryFailure',
    ({ recipient, action, flags }) => ({ recipient, action, flags }),
  ),
  memoryDeviceSizeChange: flat(
    c.VIR_DOMAIN_EVENT_ID_MEMORY_DEVICE_SIZE_CHANGE,
    'domainEventMemoryDeviceSizeChange',
    ({ alias, size }) => ({ alias, sizeKiB: Number(size) }),
  ),
  /** Every event of every QEMU monitor, as QEMU named it; `details` is JSON or null. */
  qemuMonitor: define('qemu', 0, 'qemuDomainMonitorEvent', body => ({
    domain: domainRef(body.dom),
    event: body.event,
    at: new Date(Number(body.seconds) * 1000 + Math.floor(body.micros / 1000)),
    details: body.details,
  })),
  networkLifecycle: define('Network', c.VIR_NETWORK_EVENT_ID_LIFECYCLE, 'networkEventLifecycle', body => ({
    network: { name: body.net.name, uuid: formatUuid(body.net.uuid) },
    event: nameOf(['defined', 'undefined', 'started', 'stopped'], body.event),
  })),
  storagePoolLifecycle: define(
    'StoragePool',
    c.VIR_STORAGE_POOL_EVENT_ID_LIFECYCLE,
    'storagePoolEventLifecycle',
    body => ({
      pool: { name: body.pool.name, uuid: formatUuid(body.pool.uuid) },
      event: nameOf(['defined', 'undefined', 'started', 'stopped', 'created', 'deleted'], body.event),
    }),
  ),
  storagePoolRefresh: define('StoragePool', c.VIR_STORAGE_POOL_EVENT_ID_REFRESH, 'storagePoolEventRefresh', body => ({
    pool: { name: body.pool.name, uuid: formatUuid(body.pool.uuid) },
  })),
  nodeDeviceLifecycle: define('NodeDevice', c.VIR_NODE_DEVICE_EVENT_ID_LIFECYCLE, 'nodeDeviceEventLifecycle', body => ({
    device: body.dev.name,
    event: nameOf(['created', 'deleted', 'defined', 'undefined'], body.event),
  })),
  nodeDeviceUpdate: define('NodeDevice', c.VIR_NODE_DEVICE_EVENT_ID_UPDATE, 'nodeDeviceEventUpdate', body => ({
    device: body.dev.name,
  })),
  secretLifecycle: define('Secret', c.VIR_SECRET_EVENT_ID_LIFECYCLE, 'secretEventLifecycle', body => ({
    uuid: formatUuid(body.secret.uuid),
    event: nameOf(['defined', 'undefined'], body.event),
  })),
  secretValueChanged: define('Secret', c.VIR_SECRET_EVENT_ID_VALUE_CHANGED, 'secretEventValueChanged', body => ({
    uuid: formatUuid(body.secret.uuid),
  })),
} as const

export type EventName = keyof typeof EVENTS
/** What each event carries. */
export type EventPayloads = {
  [E in EventName]: (typeof EVENTS)[E] extends EventDefinition<infer Payload> ? Payload : never
}
/** Events that are about one domain. */
export type DomainEventName = {
  [E in EventName]: EventPayloads[E] extends { domain: DomainRef } ? E : never
}[EventName]

/** All event names, for tools that want everything. */
export const EVENT_NAMES = Object.keys(EVENTS) as EventName[]

const BY_PROCEDURE = new Map<ProcedureName, EventName>(EVENT_NAMES.map(name => [EVENTS[name].procedure, name]))

/** A listener that can be taken back. */
export interface Subscription extends AsyncDisposable {
  /** Stops the listener at once; resolves when the daemon has been told, if it had to be. Never rejects. */
  close(): Promise<void>
}

interface Entry {
  listeners: Set<(payload: never) => void>
  registration: { connection: Connection; callbackId: Promise<number> } | null
}

/** The listeners of one session, over the connections it has one after the other. */
export class EventRegistry {
  readonly #entries = new Map<EventName, Entry>()

  /** Adds a listener and makes sure that the daemon sends the event. */
  async add<E extends EventName>(
    connection: Connection,
    event: E,
    listener: (payload: EventPayloads[E]) => void,
    signal?: AbortSignal,
  ): Promise<Subscription> {
    const entry = this.#entry(event)
    // One function may be added twice; each addition is its own.
    const own = (payload: EventPayloads[E]): void => listener(payload)
    entry.listeners.add(own)
    const close = async (): Promise<void> => {
      if (!entry.listeners.delete(own) || entry.listeners.size > 0) return
      await this.#unregister(event, entry)
    }
    try {
      await abortable(this.#register(connection, event, entry), signal)
    } catch (error) {
      await close()
      throw error
    }
    return { close, [Symbol.asyncDispose]: close }
  }

  /** Registers everything that somebody listens to with a new connection. */
  async restore(connection: Connection): Promise<void> {
    const wanted = [...this.#entries].filter(([, entry]) => entry.listeners.size > 0)
    await Promise.all(wanted.map(([event, entry]) => this.#register(connection, event, entry)))
  }

  /** An event message from the connection. */
  deliver(procedure: ProcedureName, body: unknown): void {
    const event = BY_PROCEDURE.get(procedure)
    const entry = event && this.#entries.get(event)
    if (!event || !entry || entry.listeners.size === 0) return
    const payload = EVENTS[event].read(body) as never
    for (const listener of [...entry.listeners]) {
      try {
        listener(payload)
      } catch (error) {
        // A listener's mistake is the program's, not the connection's: it surfaces as an uncaught exception, while the
        // messages behind this one are still served.
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }

  #entry(event: EventName): Entry {
    let entry = this.#entries.get(event)
    if (!entry) this.#entries.set(event, (entry = { listeners: new Set(), registration: null }))
    return entry
  }

  async #register(connection: Connection, event: EventName, entry: Entry): Promise<void> {
    if (entry.registration?.connection !== connection) {
      const registration = { connection, callbackId: register(connection, event) }
      entry.registration = registration
      registration.callbackId.catch(() => {
        if (entry.registration === registration) entry.registration = null
      })
    }
    await entry.registration?.callbackId
  }

  async #unregister(event: EventName, entry: Entry): Promise<void> {
    const registration = entry.registration
    entry.registration = null
    if (!registration || registration.connection.endReason) return
    try {
      await deregister(registration.connection, event, await registration.callbackId)
    } catch {
      // The connection went away meanwhile, and the registration with it; or it never came about.
    }
  }
}

async function register(connection: Connection, event: EventName): Promise<number> {
  const { family, id } = EVENTS[event]
  const eventId = { eventID: id }
  switch (family) {
    case 'Domain':
      return (await connection.call('connectDomainEventCallbackRegisterAny', { ...eventId, dom: null })).callbackID
    case 'Network':
      return (await connection.call('connectNetworkEventRegisterAny', { ...eventId, net: null })).callbackID
    case 'StoragePool':
      return (await connection.call('connectStoragePoolEventRegisterAny', { ...eventId, pool: null })).callbackID
    case 'NodeDevice':
      return (await connection.call('connectNodeDeviceEventRegisterAny', { ...eventId, dev: null })).callbackID
    case 'Secret':
      return (await connection.call('connectSecretEventRegisterAny', { ...eventId, secret: null })).callbackID
    case 'qemu':
      return (await connection.call('qemuConnectDomainMonitorEventRegister', { dom: null, event: null, flags: 0 }))
        .callbackID
  }
}

async function deregister(connection: Connection, event: EventName, callbackID: number): Promise<void> {
  switch (EVENTS[event].family) {
    case 'Domain':
      return connection.call('connectDomainEventCallbackDeregisterAny', { callbackID })
    case 'Network':
      return connection.call('connectNetworkEventDeregisterAny', { callbackID })
    case 'StoragePool':
      return connection.call('connectStoragePoolEventDeregisterAny', { callbackID })
    case 'NodeDevice':
      return connection.call('connectNodeDeviceEventDeregisterAny', { callbackID })
    case 'Secret':
      return connection.call('connectSecretEventDeregisterAny', { callbackID })
    case 'qemu':
      return connection.call('qemuConnectDomainMonitorEventDeregister', { callbackID })
  }
}

/** A shared promise that one of those who wait for it may stop waiting for. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise
  return new Promise<T>((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const onAbort = (): void => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
