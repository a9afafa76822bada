import type { HostFacts } from '@rookery/protocol'
import type { Candidate } from './need.ts'

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
  }
}
