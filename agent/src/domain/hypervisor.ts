import type { CallOptions } from '@rookery/libvirt/connection'
import { isLibvirtError } from '@rookery/libvirt/errors'
import type { EventName, EventPayloads } from '@rookery/libvirt/events'
import * as c from '@rookery/libvirt/generated/constants.gen'
import { Jobs, type JobStats, jobStats, type MigrateOptions } from '@rookery/libvirt/jobs'
import { DOMAIN_STATES, nameOf, STATE_REASONS } from '@rookery/libvirt/names'
import type { CallArgs, CallRet, ProcedureName } from '@rookery/libvirt/procedures'
import { domainRef, formatUuid, parseUuid } from '@rookery/libvirt/refs'
import { Session } from '@rookery/libvirt/session'
import { fromTypedParams, type TypedParams } from '@rookery/libvirt/typed-params'
import { unavailable } from '@rookery/model'
import type { Logger } from 'pino'
import { fromLibvirt, isNotHere, libvirtAway } from './hypervisor-errors.ts'
import { domainName } from './xml.ts'

/** State and reason of a domain in libvirt's words. */
export interface DomainState {
  readonly state: string
  readonly reason: string
}

/** What the agent asks of libvirt, by VM id. Every error is a RookeryError; a libvirt that is away is `libvirt.unreachable`. */
export class Hypervisor {
  /** libvirt's own socket; its notes lie beside it. */
  readonly libvirtSocket: string
  readonly #log: Logger
  readonly #stopping = new AbortController()
  readonly #upListeners = new Set<() => void>()
  readonly #events: ((session: Session) => Promise<unknown>)[] = []
  /** Calls that hold up a place on a connection (guest agents may take seconds) have their own. */
  #work: Session | null = null
  #guest: Session | null = null

  constructor(socket: string, log: Logger) {
    this.libvirtSocket = socket
    this.#log = log
  }

  /** Connects in the background, for as long as it takes. Events must have been asked for by then. */
  start(): void {
    void this.#connect()
  }

  /** Called at each new connection, the first one too: look at everything again. */
  onUp(listener: () => void): void {
    this.#upListeners.add(listener)
  }

  /** Listens to an event on every connection there will be. Before `start`. */
  on<E extends EventName>(name: E, listener: (payload: EventPayloads[E]) => void): void {
    this.#events.push(session => session.on(name, listener))
  }

  /** Whether libvirt answers now. */
  get up(): boolean {
    return this.#work?.state === 'up'
  }

  /** Resolves when libvirt answers; throws `libvirt.unreachable` after `ms`. */
  async whenUp(ms: number, signal?: AbortSignal): Promise<void> {
    if (this.up) return
    const arrived = Promise.withResolvers<boolean>()
    const listener = () => arrived.resolve(true)
    const timer = setTimeout(() => arrived.resolve(false), ms)
    this.#upListeners.add(listener)
    signal?.addEventListener('abort', () => arrived.resolve(false), { once: true })
    const here = await arrived.promise
    clearTimeout(timer)
    this.#upListeners.delete(listener)
    if (!here) throw away()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await Promise.all([this.#work?.close(), this.#guest?.close()])
  }

  /** Ids of every active domain that could be one of ours: its name is its VM's id. */
  vmIds(): Promise<string[]> {
    return this.#list(c.VIR_CONNECT_LIST_DOMAINS_ACTIVE)
  }

  /** The same with those that are only defined, which this agent never makes. */
  everyVmId(): Promise<string[]> {
    return this.#list(0)
  }

  async #list(flags: number): Promise<string[]> {
    const { domains } = await this.#call('list domains', 'connectListAllDomains', { needResults: 1, flags })
    return domains
      .map(domainRef)
      .filter(d => d.name === domainName(d.uuid))
      .map(d => d.uuid)
  }

  /** The live XML; null when the domain is not there. With `secure` it holds passwords: never logged. */
  async xml(vmId: string, secure = false): Promise<string | null> {
    return this.#orNull('read the domain', 'domainGetXmlDesc', {
      dom: dom(vmId),
      flags: secure ? c.VIR_DOMAIN_XML_SECURE : 0,
    }).then(ret => ret?.xml ?? null)
  }

  /** State of a domain; null when it is not there. */
  async state(vmId: string): Promise<DomainState | null> {
    const ret = await this.#orNull('read the state', 'domainGetState', { dom: dom(vmId), flags: 0 })
    if (ret === null) return null
    const state = nameOf(DOMAIN_STATES, ret.state)
    const reasons: readonly string[] = state === 'unknown' ? [] : STATE_REASONS[state]
    return { state, reason: nameOf(reasons, ret.reason) }
  }

  /** Starts a transient domain. */
  async create(xml: string, paused: boolean): Promise<void> {
    await this.#call('start the guest', 'domainCreateXml', {
      xmlDesc: xml,
      flags: paused ? c.VIR_DOMAIN_START_PAUSED : 0,
    })
  }

  /** Kills the domain; false when it is not there. */
  async destroy(vmId: string): Promise<boolean> {
    return (await this.#orNull('power the guest off', 'domainDestroyFlags', { dom: dom(vmId), flags: 0 })) !== null
  }

  /** Asks the guest to shut down, by its agent or by ACPI. */
  async shutdown(vmId: string, how: 'agent' | 'acpi'): Promise<void> {
    const flags = how === 'agent' ? c.VIR_DOMAIN_SHUTDOWN_GUEST_AGENT : c.VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN
    await this.#call('shut the guest down', 'domainShutdownFlags', { dom: dom(vmId), flags }, how === 'agent')
  }

  /** Asks the guest to restart, by its agent or by ACPI. */
  async reboot(vmId: string, how: 'agent' | 'acpi'): Promise<void> {
    const flags = how === 'agent' ? c.VIR_DOMAIN_REBOOT_GUEST_AGENT : c.VIR_DOMAIN_REBOOT_ACPI_POWER_BTN
    await this.#call('restart the guest', 'domainReboot', { dom: dom(vmId), flags }, how === 'agent')
  }

  async reset(vmId: string): Promise<void> {
    await this.#call('reset the guest', 'domainReset', { dom: dom(vmId), flags: 0 })
  }

  async resume(vmId: string): Promise<void> {
    await this.#call('let the guest go on', 'domainResume', { dom: dom(vmId) })
  }

  /** Makes the guest stand still. */
  async suspend(vmId: string): Promise<void> {
    await this.#call('pause the guest', 'domainSuspend', { dom: dom(vmId) })
  }

  /** Writes the memory to a file and ends the domain. */
  async save(vmId: string, file: string): Promise<void> {
    await this.#call('save the memory', 'domainSaveFlags', { dom: dom(vmId), to: file, dxml: null, flags: 0 })
  }

  /** The definition that another host can take over, passwords included. */
  async migratableXml(vmId: string): Promise<string> {
    const flags = c.VIR_DOMAIN_XML_SECURE | c.VIR_DOMAIN_XML_MIGRATABLE
    return (await this.#call('read the domain', 'domainGetXmlDesc', { dom: dom(vmId), flags })).xml
  }

  /** Moves the guest to another host's libvirt; the two do it among themselves, also when this call is lost. */
  async migrate(vmId: string, how: MigrateOptions): Promise<void> {
    await this.#job('migrate the guest', vmId, jobs => jobs.migrate(how))
  }

  /** What the long job of the domain has done; null when the domain is not there. */
  async jobStats(vmId: string): Promise<JobStats | null> {
    try {
      return await this.#job('look at the running job', vmId, jobs => jobs.stats())
    } catch (error) {
      if (isNotHere(error)) return null
      throw error
    }
  }

  /** The longest pause with which the migration that runs now may end, milliseconds. */
  async maxDowntime(vmId: string, ms: number): Promise<void> {
    await this.#job('allow the pause', vmId, jobs => jobs.setMaxDowntimeMs(ms))
  }

  /** Lets the guest go on at the target now. */
  async startPostCopy(vmId: string): Promise<void> {
    await this.#job('go over to post-copy', vmId, jobs => jobs.startPostCopy())
  }

  /** Called with the last numbers of each long job that ends. Before `start`. */
  onJobCompleted(listener: (vmId: string, stats: JobStats) => void): void {
    this.on('jobCompleted', ({ domain, params }) => listener(domain.uuid, jobStats(c.VIR_DOMAIN_JOB_COMPLETED, params)))
  }

  /** Stops a save (or another long job) of the domain. Content when there is none. */
  async abortJob(vmId: string): Promise<void> {
    await this.#call('stop the running job', 'domainAbortJob', { dom: dom(vmId) })
  }

  /** The domain XML kept in a file that `save` wrote, passwords included. */
  async savedXml(file: string): Promise<string> {
    const flags = c.VIR_DOMAIN_SAVE_IMAGE_XML_SECURE
    return (await this.#call('read the saved memory', 'domainSaveImageGetXmlDesc', { file, flags })).xml
  }

  /** Goes on from a file that `save` wrote, with another XML of the same shape. */
  async restore(file: string, xml: string, paused: boolean): Promise<void> {
    const flags = paused ? c.VIR_DOMAIN_SAVE_PAUSED : c.VIR_DOMAIN_SAVE_RUNNING
    await this.#call('restore the memory', 'domainRestoreFlags', { from: file, dxml: xml, flags })
  }

  async attach(vmId: string, xml: string): Promise<void> {
    await this.#call('plug the device in', 'domainAttachDeviceFlags', { dom: dom(vmId), xml, flags: live })
  }

  async detach(vmId: string, xml: string): Promise<void> {
    await this.#call('pull the device out', 'domainDetachDeviceFlags', { dom: dom(vmId), xml, flags: live })
  }

  async update(vmId: string, xml: string, force = false): Promise<void> {
    const flags = live | (force ? c.VIR_DOMAIN_DEVICE_MODIFY_FORCE : 0)
    await this.#call('change the device', 'domainUpdateDeviceFlags', { dom: dom(vmId), xml, flags })
  }

  /** Grows a disk of the running guest; `target` like `vda`. */
  async blockResize(vmId: string, target: string, bytes: number): Promise<void> {
    await this.#call('grow the disk', 'domainBlockResize', {
      dom: dom(vmId),
      disk: target,
      size: BigInt(bytes),
      flags: c.VIR_DOMAIN_BLOCK_RESIZE_BYTES,
    })
  }

  /** Asks the guest agent; null when it does not answer within the seconds or answers with an error. */
  async guest(vmId: string, command: string, seconds: number): Promise<unknown> {
    try {
      const cmd = JSON.stringify({ execute: command })
      const args = { dom: dom(vmId), cmd, timeout: seconds, flags: 0 }
      const { result } = await this.#call('ask the guest agent', 'qemuDomainAgentCommand', args, true)
      const answer: unknown = result === null ? null : JSON.parse(result)
      return typeof answer === 'object' && answer !== null && 'return' in answer ? answer.return : null
    } catch {
      // A guest without an answer is an everyday thing: it boots, it is stuck, it has no agent.
      return null
    }
  }

  /** Statistics of every active domain by VM id, in one call that does not wait for domains that are busy. */
  async stats(): Promise<Map<string, TypedParams>> {
    const stats =
      c.VIR_DOMAIN_STATS_STATE |
      c.VIR_DOMAIN_STATS_CPU_TOTAL |
      c.VIR_DOMAIN_STATS_BALLOON |
      c.VIR_DOMAIN_STATS_VCPU |
      c.VIR_DOMAIN_STATS_INTERFACE |
      c.VIR_DOMAIN_STATS_BLOCK
    const flags = c.VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE | c.VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT
    const { retStats } = await this.#call('read statistics', 'connectGetAllDomainStats', { doms: [], stats, flags })
    return new Map(retStats.map(r => [formatUuid(r.dom.uuid), fromTypedParams(r.params)]))
  }

  /** libvirt's capabilities of this host, XML. */
  async capabilities(): Promise<string> {
    return (await this.#call('read its capabilities', 'connectGetCapabilities', undefined)).capabilities
  }

  /** What guests of a kind may have here, XML. */
  async domainCapabilities(emulator: string, machine: string, accel: 'kvm' | 'tcg'): Promise<string> {
    const args = {
      emulatorbin: emulator,
      arch: 'x86_64',
      machine,
      virttype: accel === 'kvm' ? 'kvm' : 'qemu',
      flags: 0,
    }
    return (await this.#call('read what guests may have', 'connectGetDomainCapabilities', args)).capabilities
  }

  /** Versions of libvirt and QEMU, like `9.0.0`. */
  async versions(): Promise<{ libvirt: string; qemu: string }> {
    const [lib, hypervisor] = await Promise.all([
      this.#call('read its version', 'connectGetLibVersion', undefined),
      this.#call('read its version', 'connectGetVersion', undefined),
    ])
    const text = (n: bigint) => `${n / 1_000_000n}.${(n / 1000n) % 1000n}.${n % 1000n}`
    return { libvirt: text(lib.libVer), qemu: text(hypervisor.hvVer) }
  }

  async #connect(): Promise<void> {
    const stop = this.#stopping.signal
    for (let wait = 100; !stop.aborted; wait = Math.min(wait * 2, 3000)) {
      try {
        const options = { socket: this.libvirtSocket, uri: 'qemu:///system' }
        this.#guest = await Session.open(options, stop)
        const work = await Session.open(options, stop)
        for (const listen of this.#events) await listen(work)
        this.#work = work
        work.onState(change => {
          if (change.state === 'up') this.#arrived()
          else this.#log.warn({ reason: change.reason?.message }, 'the connection to libvirt is gone')
        })
        this.#arrived()
        return
      } catch (error) {
        this.#log.warn({ reason: error instanceof Error ? error.message : null }, 'libvirt does not answer yet')
        await this.#guest?.close()
        await new Promise<void>(resolve => {
          const timer = setTimeout(resolve, wait)
          stop.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true })
        })
      }
    }
  }

  #arrived(): void {
    this.#log.info('connected to libvirt')
    for (const listener of [...this.#upListeners]) listener()
  }

  async #call<N extends ProcedureName>(doing: string, name: N, args: CallArgs<N>, guest = false): Promise<CallRet<N>> {
    const session = guest ? this.#guest : this.#work
    if (session === null) throw away()
    const options: CallOptions = {}
    try {
      return await session.call(name, args, options)
    } catch (error) {
      throw fromLibvirt(error, doing)
    }
  }

  /** Work with the long job of a domain. */
  async #job<T>(doing: string, vmId: string, use: (jobs: Jobs) => Promise<T>): Promise<T> {
    if (this.#work === null) throw away()
    try {
      return await use(new Jobs(this.#work, dom(vmId)))
    } catch (error) {
      throw fromLibvirt(error, doing)
    }
  }

  /** A call about a domain that may be gone. */
  async #orNull<N extends ProcedureName>(doing: string, name: N, args: CallArgs<N>): Promise<CallRet<N> | null> {
    if (this.#work === null) throw away()
    try {
      return (await this.#work.call(name, args)) ?? ({} as CallRet<N>)
    } catch (error) {
      if (isLibvirtError(error, c.VIR_ERR_NO_DOMAIN)) return null
      throw fromLibvirt(error, doing)
    }
  }
}

const live = c.VIR_DOMAIN_AFFECT_LIVE
const away = () => unavailable(libvirtAway, "The host's libvirt does not answer.")

/** How libvirt is told which domain: it looks at the UUID only. */
function dom(vmId: string) {
  return { name: domainName(vmId), uuid: parseUuid(vmId), id: -1 }
}
