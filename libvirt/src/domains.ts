/** The domains of a host: finding them, making them, and asking all of them at once how they are. */
import type { CallOptions } from './connection.ts'
import { Domain, type StartOptions, startFlags } from './domain.ts'
import { flags } from './flags.ts'
import * as c from './generated/constants.gen.ts'
import type { RemoteNonnullDomain } from './generated/remote.gen.ts'
import { type DomainRef, domainRef, parseUuid, wireDomain } from './refs.ts'
import type { Session } from './session.ts'
import { fromTypedParams, type TypedParams } from './typed-params.ts'

/** Which domains; conditions of different kinds add up, both of one kind mean "either". None: all domains. */
export interface ListOptions {
  active?: boolean
  inactive?: boolean
  persistent?: boolean
  transient?: boolean
  running?: boolean
  paused?: boolean
  managedSave?: boolean
  autostart?: boolean
}

/** Groups of statistics; what is left out is not collected. None: all that the driver has. */
const STATS_GROUPS = {
  state: c.VIR_DOMAIN_STATS_STATE,
  cpu: c.VIR_DOMAIN_STATS_CPU_TOTAL,
  balloon: c.VIR_DOMAIN_STATS_BALLOON,
  vcpu: c.VIR_DOMAIN_STATS_VCPU,
  interface: c.VIR_DOMAIN_STATS_INTERFACE,
  block: c.VIR_DOMAIN_STATS_BLOCK,
  perf: c.VIR_DOMAIN_STATS_PERF,
  iothread: c.VIR_DOMAIN_STATS_IOTHREAD,
  memory: c.VIR_DOMAIN_STATS_MEMORY,
  dirtyrate: c.VIR_DOMAIN_STATS_DIRTYRATE,
  vm: c.VIR_DOMAIN_STATS_VM,
} as const
export type StatsGroup = keyof typeof STATS_GROUPS

export interface StatsOptions {
  groups?: readonly StatsGroup[]
  /** Only these domains. */
  domains?: readonly DomainRef[]
  /** Only domains that run, or only those that do not. */
  active?: boolean
  inactive?: boolean
  /** Answer from what is known instead of waiting for a hypervisor that is busy. */
  nowait?: boolean
  /** Include the images below each disk's top one. */
  backing?: boolean
}

/** libvirt's names and values, flat: `cpu.time`, `balloon.current`, `block.0.rd.bytes`. */
export interface DomainStats {
  domain: DomainRef
  params: TypedParams
}

export class Domains {
  readonly #session: Session

  constructor(session: Session) {
    this.#session = session
  }

  async list(which: ListOptions = {}, options?: CallOptions): Promise<Domain[]> {
    const bits = flags(
      [which.active, c.VIR_CONNECT_LIST_DOMAINS_ACTIVE],
      [which.inactive, c.VIR_CONNECT_LIST_DOMAINS_INACTIVE],
      [which.persistent, c.VIR_CONNECT_LIST_DOMAINS_PERSISTENT],
      [which.transient, c.VIR_CONNECT_LIST_DOMAINS_TRANSIENT],
      [which.running, c.VIR_CONNECT_LIST_DOMAINS_RUNNING],
      [which.paused, c.VIR_CONNECT_LIST_DOMAINS_PAUSED],
      [which.managedSave, c.VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE],
      [which.autostart, c.VIR_CONNECT_LIST_DOMAINS_AUTOSTART],
    )
    const { domains } = await this.#session.call('connectListAllDomains', { needResults: 1, flags: bits }, options)
    return domains.map(dom => this.#domain(dom))
  }

  /** Rejects with VIR_ERR_NO_DOMAIN when there is none. */
  async byUuid(uuid: string, options?: CallOptions): Promise<Domain> {
    return this.#domain((await this.#session.call('domainLookupByUuid', { uuid: parseUuid(uuid) }, options)).dom)
  }

  /** Rejects with VIR_ERR_NO_DOMAIN when there is none. */
  async byName(name: string, options?: CallOptions): Promise<Domain> {
    return this.#domain((await this.#session.call('domainLookupByName', { name }, options)).dom)
  }

  /** Rejects with VIR_ERR_NO_DOMAIN when there is none. */
  async byId(id: number, options?: CallOptions): Promise<Domain> {
    return this.#domain((await this.#session.call('domainLookupById', { id }, options)).dom)
  }

  /** A handle without asking libvirt, for a domain known from an event or a list. */
  of(ref: DomainRef): Domain {
    return new Domain(this.#session, ref)
  }

  /** Stores a persistent definition; a domain with the same UUID and name is redefined. */
  async define(xml: string, how: { validate?: boolean } = {}, options?: CallOptions): Promise<Domain> {
    const args = { xml, flags: flags([how.validate, c.VIR_DOMAIN_DEFINE_VALIDATE]) }
    return this.#domain((await this.#session.call('domainDefineXmlFlags', args, options)).dom)
  }

  /** Starts a transient domain: it exists as long as it runs. */
  async create(xml: string, how: StartOptions = {}, options?: CallOptions): Promise<Domain> {
    const args = { xmlDesc: xml, flags: startFlags(how) }
    return this.#domain((await this.#session.call('domainCreateXml', args, options)).dom)
  }

  /** Starts a domain from a file that `save` wrote. `xml` replaces the definition stored in it. */
  async restore(path: string, xml: string | null = null, options?: CallOptions): Promise<void> {
    const args = { from: path, dxml: xml, flags: 0 }
    await this.#session.apart(connection => connection.call('domainRestoreFlags', args, options), options)
  }

  /** Statistics of many domains in one call. */
  async stats(which: StatsOptions = {}, options?: CallOptions): Promise<DomainStats[]> {
    const bits = flags(
      [which.active, c.VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE],
      [which.inactive, c.VIR_CONNECT_GET_ALL_DOMAINS_STATS_INACTIVE],
      [which.nowait, c.VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT],
      [which.backing, c.VIR_CONNECT_GET_ALL_DOMAINS_STATS_BACKING],
    )
    const stats = (which.groups ?? []).reduce((sum, group) => sum | STATS_GROUPS[group], 0)
    const args = { doms: (which.domains ?? []).map(wireDomain), stats, flags: bits }
    const { retStats } = await this.#session.call('connectGetAllDomainStats', args, options)
    return retStats.map(({ dom, params }) => ({ domain: domainRef(dom), params: fromTypedParams(params) }))
  }

  #domain(dom: RemoteNonnullDomain): Domain {
    return new Domain(this.#session, domainRef(dom))
  }
}
