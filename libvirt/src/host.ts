/** The host that the daemon runs on: what it can do, what it has, what is free. */
import type { CallOptions } from './connection.ts'
import { flags } from './flags.ts'
import {
  VIR_CONNECT_BASELINE_CPU_EXPAND_FEATURES,
  VIR_CONNECT_BASELINE_CPU_MIGRATABLE,
  VIR_NODE_CPU_STATS_ALL_CPUS,
  VIR_NODE_MEMORY_STATS_ALL_CELLS,
} from './generated/constants.gen.ts'
import { nameOf } from './names.ts'
import type { Session } from './session.ts'
import { type TypedParams, plainInteger } from './typed-params.ts'

/** virNodeInfo. `memoryKiB` is what the NUMA nodes report, which containers and some machines get wrong. */
export interface NodeInfo {
  model: string
  memoryKiB: number
  cpus: number
  mhz: number
  numaNodes: number
  socketsPerNode: number
  coresPerSocket: number
  threadsPerCore: number
}

/** Which machine is asked about; what is left out, libvirt chooses. */
export interface MachineSelector {
  emulator?: string
  arch?: string
  machine?: string
  /** `kvm`, `qemu` (software emulation), … */
  virtType?: string
}

export interface BaselineOptions {
  /** List every feature instead of leaning on a named model. */
  expandFeatures?: boolean
  /** Leave out features that block migration. */
  migratable?: boolean
}

/** virCPUCompareResult. */
const COMPARISONS = ['incompatible', 'identical', 'superset'] as const
export type CpuComparison = (typeof COMPARISONS)[number] | 'unknown'

export class Host {
  readonly #session: Session

  constructor(session: Session) {
    this.#session = session
  }

  async hostname(options?: CallOptions): Promise<string> {
    return (await this.#session.call('connectGetHostname', undefined, options)).hostname
  }

  /** The driver, for example `QEMU`, and versions of hypervisor and libvirt as `major.minor.release`. */
  async version(options?: CallOptions): Promise<{ type: string; hypervisor: string; libvirt: string }> {
    const [type, hypervisor, libvirt] = await Promise.all([
      this.#session.call('connectGetType', undefined, options),
      this.#session.call('connectGetVersion', undefined, options),
      this.#session.call('connectGetLibVersion', undefined, options),
    ])
    return {
      type: type.type,
      hypervisor: versionText(hypervisor.hvVer),
      libvirt: versionText(libvirt.libVer),
    }
  }

  /** The URI that the daemon really opened. */
  async uri(options?: CallOptions): Promise<string> {
    return (await this.#session.call('connectGetUri', undefined, options)).uri
  }

  /** Host and guest capabilities, as XML. */
  async capabilities(options?: CallOptions): Promise<string> {
    return (await this.#session.call('connectGetCapabilities', undefined, options)).capabilities
  }

  /** What a domain on this machine type may have, as XML: devices, CPU models, firmware. */
  async domainCapabilities(selector: MachineSelector = {}, options?: CallOptions): Promise<string> {
    const args = { ...machine(selector), flags: 0 }
    return (await this.#session.call('connectGetDomainCapabilities', args, options)).capabilities
  }

  /** DMI tables, as XML. */
  async sysinfo(options?: CallOptions): Promise<string> {
    return (await this.#session.call('connectGetSysinfo', { flags: 0 }, options)).sysinfo
  }

  async info(options?: CallOptions): Promise<NodeInfo> {
    const info = await this.#session.call('nodeGetInfo', undefined, options)
    const model = Buffer.from(info.model)
    const end = model.indexOf(0)
    return {
      model: model.toString('latin1', 0, end < 0 ? model.length : end),
      memoryKiB: Number(info.memory),
      cpus: info.cpus,
      mhz: info.mhz,
      numaNodes: info.nodes,
      socketsPerNode: info.sockets,
      coresPerSocket: info.cores,
      threadsPerCore: info.threads,
    }
  }

  /** Memory figures in KiB by name: `total`, `free`, `buffers`, `cached`. */
  async memory(options?: CallOptions): Promise<TypedParams> {
    const args = { cellNum: VIR_NODE_MEMORY_STATS_ALL_CELLS, flags: 0 }
    // The length is asked for first: libvirt wants to be told how many figures there is room for.
    const { nparams } = await this.#session.call('nodeGetMemoryStats', { ...args, nparams: 0 }, options)
    const { params } = await this.#session.call('nodeGetMemoryStats', { ...args, nparams }, options)
    return Object.fromEntries(params.map(p => [p.field, plainInteger(p.value)]))
  }

  /** CPU time of all CPUs together since boot, in nanoseconds by name: `kernel`, `user`, `idle`, `iowait`. */
  async cpuTime(options?: CallOptions): Promise<TypedParams> {
    const args = { cpuNum: VIR_NODE_CPU_STATS_ALL_CPUS, flags: 0 }
    const { nparams } = await this.#session.call('nodeGetCpuStats', { ...args, nparams: 0 }, options)
    const { params } = await this.#session.call('nodeGetCpuStats', { ...args, nparams }, options)
    return Object.fromEntries(params.map(p => [p.field, plainInteger(p.value)]))
  }

  async freeMemoryBytes(options?: CallOptions): Promise<number> {
    return Number((await this.#session.call('nodeGetFreeMemory', undefined, options)).freeMem)
  }

  /** The CPU that all the given hosts have in common: takes the `<cpu>` elements of their capabilities. */
  async cpuBaseline(hostCpus: readonly string[], how: BaselineOptions = {}, options?: CallOptions): Promise<string> {
    const args = { xmlCPUs: [...hostCpus], flags: baselineFlags(how) }
    return (await this.#session.call('connectBaselineCpu', args, options)).cpu
  }

  /** The same for what a hypervisor can really give; takes the CPUs of domain capabilities (`mode='host-model'`). */
  async hypervisorCpuBaseline(
    cpus: readonly string[],
    selector: MachineSelector = {},
    how: BaselineOptions = {},
    options?: CallOptions,
  ): Promise<string> {
    const args = { ...machineFields(selector), xmlCPUs: [...cpus], flags: baselineFlags(how) }
    return (await this.#session.call('connectBaselineHypervisorCpu', args, options)).cpu
  }

  /** How this host's CPU relates to the given one. */
  async compareCpu(cpu: string, options?: CallOptions): Promise<CpuComparison> {
    const { result } = await this.#session.call('connectCompareCpu', { xml: cpu, flags: 0 }, options)
    return nameOf(COMPARISONS, result)
  }

  /** How the CPU that the hypervisor can give relates to the given one. */
  async compareHypervisorCpu(
    cpu: string,
    selector: MachineSelector = {},
    options?: CallOptions,
  ): Promise<CpuComparison> {
    const args = { ...machineFields(selector), xmlCPU: cpu, flags: 0 }
    const { result } = await this.#session.call('connectCompareHypervisorCpu', args, options)
    return nameOf(COMPARISONS, result)
  }

  /** Names of the CPU models that libvirt knows for an architecture. */
  async cpuModels(arch: string, options?: CallOptions): Promise<string[]> {
    const { models } = await this.#session.call('connectGetCpuModelNames', { arch, needResults: 1, flags: 0 }, options)
    return models
  }
}

function machine(selector: MachineSelector) {
  return {
    emulatorbin: selector.emulator ?? null,
    arch: selector.arch ?? null,
    machine: selector.machine ?? null,
    virttype: selector.virtType ?? null,
  }
}

/** The hypervisor CPU procedures spell one field differently. */
function machineFields(selector: MachineSelector) {
  const { emulatorbin, ...rest } = machine(selector)
  return { emulator: emulatorbin, ...rest }
}

function baselineFlags({ expandFeatures, migratable }: BaselineOptions): number {
  return flags(
    [expandFeatures, VIR_CONNECT_BASELINE_CPU_EXPAND_FEATURES],
    [migratable, VIR_CONNECT_BASELINE_CPU_MIGRATABLE],
  )
}

/** libvirt packs versions as major × 1 000 000 + minor × 1000 + release. */
function versionText(packed: bigint): string {
  const n = Number(packed)
  return `${Math.floor(n / 1_000_000)}.${Math.floor(n / 1000) % 1000}.${n % 1000}`
}
