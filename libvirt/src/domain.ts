/** One domain: its definition, its state and its power. Devices, displays, jobs and QEMU hang below it by subject. */
import type { CallOptions } from './connection.ts'
import { Devices } from './devices.ts'
import { Display } from './display.ts'
import type { DomainEventName, EventPayloads, Subscription } from './events.ts'
import { flags } from './flags.ts'
import * as c from './generated/constants.gen.ts'
import type { RemoteNonnullDomain } from './generated/remote.gen.ts'
import { Jobs } from './jobs.ts'
import * as names from './names.ts'
import { QemuControl } from './qemu.ts'
import { type DomainRef, domainRef, wireDomain } from './refs.ts'
import type { Session } from './session.ts'

export interface DomainState {
  state: names.DomainStateName
  /** Why it is in that state, for example `booted`, `user`, `destroyed`. */
  reason: string
  /** The numbers behind the words: virDomainState and the reason enum of that state. */
  stateCode: number
  reasonCode: number
}

export interface DomainInfo {
  state: names.DomainStateName
  maxMemoryKiB: number
  memoryKiB: number
  vcpus: number
  cpuTimeNs: number
}

export interface StartOptions {
  paused?: boolean
  /** Destroy the domain when this connection closes. */
  autodestroy?: boolean
  bypassCache?: boolean
  /** Forget a managed save image instead of resuming from it. */
  forceBoot?: boolean
  /** Check the XML against libvirt's schema. */
  validate?: boolean
  /** Start with fresh UEFI variables. */
  resetNvram?: boolean
}

/** How a guest is asked to shut down or reboot. None: libvirt tries what it thinks best. */
export interface PowerSignal {
  acpi?: boolean
  agent?: boolean
}

export interface UndefineOptions {
  /** Remove a managed save image too; without it a domain that has one cannot be undefined. */
  managedSave?: boolean
  snapshotsMetadata?: boolean
  checkpointsMetadata?: boolean
  /** Remove the file with the UEFI variables. */
  nvram?: boolean
  keepNvram?: boolean
}

export interface XmlOptions {
  /** Include passwords. */
  secure?: boolean
  /** The persistent definition, also while running. */
  inactive?: boolean
  /** Leave out what a migration target must not be told. */
  migratable?: boolean
  /** Expand the CPU to what the guest really got. */
  updateCpu?: boolean
}

/** Where a change applies. Default: to the running domain if it runs, else to the definition. */
export interface Affect {
  live?: boolean
  config?: boolean
}

/** The flag bits of `Affect`, equal in all of libvirt's domain calls. */
export function affectFlags(affect: Affect): number {
  return flags([affect.live, c.VIR_DOMAIN_AFFECT_LIVE], [affect.config, c.VIR_DOMAIN_AFFECT_CONFIG])
}

export class Domain implements DomainRef {
  readonly name: string
  readonly uuid: string
  readonly id: number | null
  /** Attach, detach, change: hardware of the running domain or of its definition. */
  readonly devices: Devices
  /** Screenshots, consoles, channels. */
  readonly display: Display
  /** Long-running work: migration, its progress, its end. */
  readonly jobs: Jobs
  /** QEMU's monitor and guest agent. */
  readonly qemu: QemuControl
  readonly #session: Session
  readonly #dom: RemoteNonnullDomain

  constructor(session: Session, ref: DomainRef) {
    this.#session = session
    this.#dom = wireDomain(ref)
    this.name = ref.name
    this.uuid = domainRef(this.#dom).uuid
    this.id = ref.id
    this.devices = new Devices(session, this.#dom)
    this.display = new Display(session, this.#dom)
    this.jobs = new Jobs(session, this.#dom)
    this.qemu = new QemuControl(session, this.#dom)
  }

  /** The domain as libvirt's procedures take it, for `call(name, { dom: domain.wire, … })`. */
  get wire(): RemoteNonnullDomain {
    return this.#dom
  }

  async state(options?: CallOptions): Promise<DomainState> {
    const { state, reason } = await this.#session.call('domainGetState', { dom: this.#dom, flags: 0 }, options)
    const name = names.nameOf(names.DOMAIN_STATES, state)
    const reasons: readonly string[] = name === 'unknown' ? [] : names.STATE_REASONS[name]
    return { state: name, reason: names.nameOf(reasons, reason), stateCode: state, reasonCode: reason }
  }

  async info(options?: CallOptions): Promise<DomainInfo> {
    const info = await this.#session.call('domainGetInfo', { dom: this.#dom }, options)
    return {
      state: names.nameOf(names.DOMAIN_STATES, info.state),
      maxMemoryKiB: Number(info.maxMem),
      memoryKiB: Number(info.memory),
      vcpus: info.nrVirtCpu,
      cpuTimeNs: Number(info.cpuTime),
    }
  }

  async xml(how: XmlOptions = {}, options?: CallOptions): Promise<string> {
    const bits = flags(
      [how.secure, c.VIR_DOMAIN_XML_SECURE],
      [how.inactive, c.VIR_DOMAIN_XML_INACTIVE],
      [how.migratable, c.VIR_DOMAIN_XML_MIGRATABLE],
      [how.updateCpu, c.VIR_DOMAIN_XML_UPDATE_CPU],
    )
    return (await this.#session.call('domainGetXmlDesc', { dom: this.#dom, flags: bits }, options)).xml
  }

  async isActive(options?: CallOptions): Promise<boolean> {
    return (await this.#session.call('domainIsActive', { dom: this.#dom }, options)).active === 1
  }

  async isPersistent(options?: CallOptions): Promise<boolean> {
    return (await this.#session.call('domainIsPersistent', { dom: this.#dom }, options)).persistent === 1
  }

  /** Boots a defined domain, or resumes it from its managed save image. Answers the domain with its new id. */
  async start(how: StartOptions = {}, options?: CallOptions): Promise<Domain> {
    const args = { dom: this.#dom, flags: startFlags(how) }
    const { dom } = await this.#session.call('domainCreateWithFlags', args, options)
    return new Domain(this.#session, domainRef(dom))
  }

  /** Pulls the plug. `graceful`: not if QEMU does not exit on SIGTERM. */
  async destroy(how: { graceful?: boolean } = {}, options?: CallOptions): Promise<void> {
    const bits = flags([how.graceful, c.VIR_DOMAIN_DESTROY_GRACEFUL])
    await this.#session.call('domainDestroyFlags', { dom: this.#dom, flags: bits }, options)
  }

  /** Asks the guest to shut down. Returns when it was asked; the `lifecycle` event tells when it has. */
  async shutdown(how: PowerSignal = {}, options?: CallOptions): Promise<void> {
    const bits = flags([how.acpi, c.VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN], [how.agent, c.VIR_DOMAIN_SHUTDOWN_GUEST_AGENT])
    await this.#session.call('domainShutdownFlags', { dom: this.#dom, flags: bits }, options)
  }

  /** Asks the guest to reboot; the `reboot` event tells when it has. */
  async reboot(how: PowerSignal = {}, options?: CallOptions): Promise<void> {
    const bits = flags([how.acpi, c.VIR_DOMAIN_REBOOT_ACPI_POWER_BTN], [how.agent, c.VIR_DOMAIN_REBOOT_GUEST_AGENT])
    await this.#session.call('domainReboot', { dom: this.#dom, flags: bits }, options)
  }

  /** Presses the reset button. */
  async reset(options?: CallOptions): Promise<void> {
    await this.#session.call('domainReset', { dom: this.#dom, flags: 0 }, options)
  }

  /** Stops the vCPUs; memory stays. */
  async suspend(options?: CallOptions): Promise<void> {
    await this.#session.call('domainSuspend', { dom: this.#dom }, options)
  }

  async resume(options?: CallOptions): Promise<void> {
    await this.#session.call('domainResume', { dom: this.#dom }, options)
  }

  /** Writes memory to a file that libvirt keeps and stops; the next `start` resumes from it. Takes its time. */
  async managedSave(
    how: { bypassCache?: boolean; paused?: boolean; running?: boolean } = {},
    options?: CallOptions,
  ): Promise<void> {
    const bits = flags(
      [how.bypassCache, c.VIR_DOMAIN_SAVE_BYPASS_CACHE],
      [how.running, c.VIR_DOMAIN_SAVE_RUNNING],
      [how.paused, c.VIR_DOMAIN_SAVE_PAUSED],
    )
    const args = { dom: this.#dom, flags: bits }
    await this.#session.apart(connection => connection.call('domainManagedSave', args, options), options)
  }

  async hasManagedSave(options?: CallOptions): Promise<boolean> {
    const args = { dom: this.#dom, flags: 0 }
    return (await this.#session.call('domainHasManagedSaveImage', args, options)).result === 1
  }

  async removeManagedSave(options?: CallOptions): Promise<void> {
    await this.#session.call('domainManagedSaveRemove', { dom: this.#dom, flags: 0 }, options)
  }

  /** Writes memory to `path` on the host and stops. `xml` replaces the definition stored with it. */
  async save(path: string, xml: string | null = null, options?: CallOptions): Promise<void> {
    const args = { dom: this.#dom, to: path, dxml: xml, flags: 0 }
    await this.#session.apart(connection => connection.call('domainSaveFlags', args, options), options)
  }

  /** Removes the definition. A running domain runs on and is forgotten when it stops. */
  async undefine(how: UndefineOptions = {}, options?: CallOptions): Promise<void> {
    const bits = flags(
      [how.managedSave, c.VIR_DOMAIN_UNDEFINE_MANAGED_SAVE],
      [how.snapshotsMetadata, c.VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA],
      [how.checkpointsMetadata, c.VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA],
      [how.nvram, c.VIR_DOMAIN_UNDEFINE_NVRAM],
      [how.keepNvram, c.VIR_DOMAIN_UNDEFINE_KEEP_NVRAM],
    )
    await this.#session.call('domainUndefineFlags', { dom: this.#dom, flags: bits }, options)
  }

  async autostart(options?: CallOptions): Promise<boolean> {
    return (await this.#session.call('domainGetAutostart', { dom: this.#dom }, options)).autostart === 1
  }

  async setAutostart(on: boolean, options?: CallOptions): Promise<void> {
    await this.#session.call('domainSetAutostart', { dom: this.#dom, autostart: on ? 1 : 0 }, options)
  }

  /** Sets the balloon's target. */
  async setMemoryKiB(kib: number, affect: Affect = {}, options?: CallOptions): Promise<void> {
    const args = { dom: this.#dom, memory: BigInt(kib), flags: affectFlags(affect) }
    await this.#session.call('domainSetMemoryFlags', args, options)
  }

  async setVcpus(count: number, affect: Affect = {}, options?: CallOptions): Promise<void> {
    const args = { dom: this.#dom, nvcpus: count, flags: affectFlags(affect) }
    await this.#session.call('domainSetVcpusFlags', args, options)
  }

  /** The metadata element with this namespace, as XML. Rejects with VIR_ERR_NO_DOMAIN_METADATA when there is none. */
  async metadata(uri: string, affect: Affect = {}, options?: CallOptions): Promise<string> {
    const args = { dom: this.#dom, type: c.VIR_DOMAIN_METADATA_ELEMENT, uri, flags: affectFlags(affect) }
    return (await this.#session.call('domainGetMetadata', args, options)).metadata
  }

  /** Sets the metadata element with this namespace; null removes it. `prefix` is the namespace prefix in the XML. */
  async setMetadata(
    element: { uri: string; prefix: string; xml: string | null },
    affect: Affect = {},
    options?: CallOptions,
  ): Promise<void> {
    const args = {
      dom: this.#dom,
      type: c.VIR_DOMAIN_METADATA_ELEMENT,
      metadata: element.xml,
      key: element.prefix,
      uri: element.uri,
      flags: affectFlags(affect),
    }
    await this.#session.call('domainSetMetadata', args, options)
  }

  /** Listens to an event of this domain only. */
  on<E extends DomainEventName>(
    event: E,
    listener: (payload: EventPayloads[E]) => void,
    options?: CallOptions,
  ): Promise<Subscription> {
    return this.#session.on(
      event,
      payload => {
        const { domain }: { domain: DomainRef } = payload
        if (domain.uuid === this.uuid) listener(payload)
      },
      options,
    )
  }
}

/** virDomainCreateFlags. */
export function startFlags(how: StartOptions): number {
  return flags(
    [how.paused, c.VIR_DOMAIN_START_PAUSED],
    [how.autodestroy, c.VIR_DOMAIN_START_AUTODESTROY],
    [how.bypassCache, c.VIR_DOMAIN_START_BYPASS_CACHE],
    [how.forceBoot, c.VIR_DOMAIN_START_FORCE_BOOT],
    [how.validate, c.VIR_DOMAIN_START_VALIDATE],
    [how.resetNvram, c.VIR_DOMAIN_START_RESET_NVRAM],
  )
}
