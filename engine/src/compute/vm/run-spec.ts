import { MiB } from '@rookery/model'
import type { DomainSpec, HostFacts, IsoRef, SeedSpec, VolumeRef } from '@rookery/protocol'
import type { VmConfig } from './config.ts'
import type { Initialization } from './initialization.ts'
import { seedOf } from './seed.ts'
import type { RunOverlay } from './types.ts'
import { offsetSeconds } from './time-zone.ts'

/** Everything that a run is made of, as the `place` step read it. */
export interface RunPlan {
  runId: string
  vm: { id: string; name: string; initialized: boolean }
  engineId: string
  /** What people configured; the overlay of run once is in `overlay`. */
  config: VmConfig
  overlay: RunOverlay
  pause: boolean
  useInitialization: boolean | undefined
  cluster: { biosType: string; overcommit: number; ballooning: boolean; cpuModel: string | null }
  host: Pick<HostFacts, 'acceleration'>
  disks: DomainSpec['disks']
  nics: DomainSpec['nics']
  medium: IsoRef | VolumeRef | null
  restoreFrom: VolumeRef | null
  /** For the offset of the guest's clock. */
  now: Date
}

/** Memory that QEMU itself takes beside the guest's; what oVirt counts, rounded. */
export const qemuOverhead = 64 * MiB

/** Seconds after which a guest without an agent counts as up. */
export const guestAgentGraceSeconds = 60

/** Guaranteed memory: what was said, else what the cluster's over-commit leaves. */
export const guaranteedMemory = (config: VmConfig, overcommit: number): number =>
  Math.min(config.memory, config.memoryPolicy.guaranteed ?? Math.floor((config.memory * 100) / overcommit))

/** Upper end of memory hot-plug: what was said, else four times the memory. */
export const maxMemory = (config: VmConfig): number =>
  Math.max(config.memory, config.memoryPolicy.max ?? Math.min(4 * config.memory, Number.MAX_SAFE_INTEGER))

/** Number of vCPUs. */
export const vcpus = (config: VmConfig): number => config.cpu.sockets * config.cpu.cores * config.cpu.threads

/** Machine and firmware of a BIOS type; `cluster_default` is the cluster's. */
export function firmwareOf(biosType: string, clusterDefault: string): Pick<DomainSpec, 'machine' | 'firmware'> {
  switch (biosType === 'cluster_default' ? clusterDefault : biosType) {
    case 'i440fx_sea_bios':
      return { machine: 'pc', firmware: 'bios' }
    case 'q35_ovmf':
      return { machine: 'q35', firmware: 'uefi' }
    case 'q35_secure_boot':
      return { machine: 'q35', firmware: 'uefi_secure' }
    default:
      return { machine: 'q35', firmware: 'bios' }
  }
}

/** What the guest is told at its first boot, or when it was asked for; null: nothing. */
export function initializationOf(
  plan: Pick<RunPlan, 'vm' | 'config' | 'overlay' | 'useInitialization'>,
): Initialization | null {
  if (plan.useInitialization === false) return null
  if (plan.overlay.initialization !== undefined) return plan.overlay.initialization
  const stored = plan.config.initialization
  if (plan.useInitialization === true) return stored
  return plan.vm.initialized ? null : stored
}

/** VM and overlay as the complete specification of a domain. Pure. */
export function runSpec(plan: RunPlan): DomainSpec {
  const { config, overlay, cluster } = plan
  const init = plan.restoreFrom === null ? initializationOf(plan) : null
  const seed: SeedSpec | null = init === null ? null : seedOf(plan.vm, init)
  return {
    runId: plan.runId,
    vmId: plan.vm.id,
    engineId: plan.engineId,
    name: plan.vm.name,
    memory: config.memory,
    maxMemory: maxMemory(config),
    guaranteedMemory: guaranteedMemory(config, cluster.overcommit),
    ballooning: config.memoryPolicy.ballooning && cluster.ballooning,
    cpu: {
      sockets: config.cpu.sockets,
      cores: config.cpu.cores,
      threads: config.cpu.threads,
      model: cpuModel(plan),
    },
    ...firmwareOf(config.bios.type, cluster.biosType),
    boot: overlay.boot ?? config.os.boot,
    bootMenu: overlay.bootMenu ?? config.bios.bootMenu,
    disks: plan.disks,
    cdrom: { medium: plan.medium },
    seed,
    nics: plan.nics,
    graphics: config.display.consoles,
    keyboardLayout: overlay.keyboardLayout ?? config.display.keyboardLayout,
    serialConsole: config.serialConsole,
    clockOffsetSeconds: config.timeZone === null ? null : offsetSeconds(config.timeZone, plan.now),
    startPaused: plan.pause,
    restoreFrom: plan.restoreFrom,
    guestAgentGraceSeconds,
  }
}

/** Emulated CPUs have every feature that the emulator knows; a model would only take some away. */
function cpuModel(plan: RunPlan): string | null {
  const custom = plan.overlay.customModel ?? plan.config.cpu.customModel
  if (custom !== null) return custom
  if (plan.host.acceleration.kind === 'tcg' || plan.config.cpu.mode !== 'custom') return null
  return plan.cluster.cpuModel
}
