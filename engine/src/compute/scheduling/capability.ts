import type { HostFacts } from '@rookery/protocol'
import type { Candidate, Kin } from './need.ts'

/** What of a host follows from its facts alone. */
export type Capability = Pick<
  Candidate,
  | 'memory'
  | 'threads'
  | 'cores'
  | 'sockets'
  | 'coresPerSocket'
  | 'threadsPerCore'
  | 'taskKinds'
  | 'firmware'
  | 'machines'
  | 'cpuModels'
  | 'numaNodes'
  | 'hugePages'
  | 'hostDevices'
  | 'kin'
>

/** What a host that has not spoken yet can do: nothing. */
export const noCapability: Capability = {
  memory: 0,
  threads: 0,
  cores: 0,
  sockets: 0,
  coresPerSocket: 0,
  threadsPerCore: 0,
  taskKinds: [],
  firmware: [],
  machines: [],
  cpuModels: null,
  numaNodes: [],
  hugePages: [],
  hostDevices: [],
  kin: null,
}

/** What a host can do, from what it says of itself. Facts that an older agent does not know are left out. */
export function capabilityOf(facts: Partial<HostFacts>): Capability {
  const { sockets = 0, cores = 0, threads = 0 } = facts.cpu ?? {}
  return {
    ...noCapability,
    memory: facts.memory ?? 0,
    threads: sockets * cores * threads,
    cores: sockets * cores,
    sockets,
    coresPerSocket: cores,
    threadsPerCore: threads,
    taskKinds: facts.taskKinds ?? [],
    firmware: facts.firmware ?? [],
    machines: facts.machines ?? [],
    kin: kinOf(facts),
  }
}

const kinOf = (facts: Partial<HostFacts>): Kin | null =>
  facts.cpu === undefined || facts.acceleration === undefined
    ? null
    : {
        migrates: facts.migration != null,
        architecture: facts.cpu.architecture,
        acceleration: facts.acceleration.kind,
      }

/** Why a guest of one host cannot go on at another one; null when it can. */
export function unlike(from: Kin | null, to: Kin | null): string | null {
  if (to?.migrates !== true) return 'takes no guests from other hosts'
  if (from?.migrates !== true) return 'cannot be reached: the host that runs the VM sends no guests to others'
  if (from.architecture !== to.architecture) return `has the architecture ${to.architecture}`
  if (from.acceleration !== to.acceleration)
    return `runs guests by ${to.acceleration} and the VM's host by ${from.acceleration}`
  return null
}
