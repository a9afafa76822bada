import { humanBytes } from './units.ts'

/**
 * Why a host does not take a VM: a code and what its sentence names. The same records go through the API, into errors and to the
 * console, which words them in its language by the code; {@link refusalSentence} is the English of APIs that carry texts.
 */
export type RefusalReason =
  /** It is not up. */
  | { code: 'status'; status: string }
  /** The VM may run on some hosts only, and this is none of them. */
  | { code: 'pinned' }
  /** The VM runs there already. */
  | { code: 'current' }
  /** It is being emptied, or the asker left it out. */
  | { code: 'excluded' }
  /** Its agent is older than what is asked of it. */
  | { code: 'agent'; kinds: readonly string[] }
  | { code: 'firmware'; firmware: string }
  | { code: 'machine'; machine: string }
  | { code: 'cpu_count'; have: number; need: number }
  /** Its CPU lacks the model or flags that the guest is shown. */
  | { code: 'cpu_level'; model: string; missing: readonly string[] }
  /** Busy above the policy's limit for longer than it allows. Percent. */
  | { code: 'cpu_overload'; used: number; limit: number }
  /** Bytes. */
  | { code: 'memory'; free: number; need: number }
  /** Its swap is in use beyond the limit. Percent. */
  | { code: 'swap'; used: number; limit: number }
  /** No NUMA node of it holds a node of the guest. Bytes. */
  | { code: 'numa'; largest: number; need: number }
  | { code: 'huge_pages'; size: number; free: number; need: number }
  | { code: 'network'; names: readonly string[] }
  | { code: 'storage'; names: readonly string[] }
  /** A group that keeps VMs together or apart. */
  | { code: 'vm_affinity'; group: string; positive: boolean }
  /** A group or label that ties VMs to hosts or keeps them away. */
  | { code: 'host_affinity'; group: string; positive: boolean }
  | { code: 'host_device'; names: readonly string[] }
  | { code: 'max_vms'; have: number; most: number }
  /** Taking it would leave no room for the highly available VMs of this host, should it die. */
  | { code: 'ha_reservation'; host: string }
  /** The cluster is being worked on: only highly available VMs start. */
  | { code: 'cluster_maintenance' }
  /** A guest of the one host cannot go on at the other; in English. */
  | { code: 'unlike'; why: string }
  /** It was tried and could not; its own words. */
  | { code: 'start'; reason: string }

/** Every code of a refusal. */
export type RefusalCode = RefusalReason['code']

/** Why one host was not taken: the filter by oVirt's name, and the reason as data and in English. */
export interface Refusal {
  hostId: string
  host: string
  filter: string
  reason: RefusalReason
  /** English; ends without a full stop. */
  sentence: string
}

const list = (names: readonly string[]) => names.join(', ')

/** The English sentence of a reason, without its subject: `is maintenance`. */
export function refusalSentence(reason: RefusalReason): string {
  switch (reason.code) {
    case 'status':
      return `is ${reason.status}`
    case 'pinned':
      return 'is none of the hosts that this VM may run on'
    case 'current':
      return 'runs the VM already'
    case 'excluded':
      return 'was left out of the choice'
    case 'agent':
      return `its agent does not know ${list(reason.kinds)}`
    case 'firmware':
      return `has no ${reason.firmware} firmware for guests`
    case 'machine':
      return `has no ${reason.machine} machine for guests`
    case 'cpu_count':
      return `has ${reason.have} CPUs and the VM needs ${reason.need}`
    case 'cpu_level':
      return reason.missing.length === 0
        ? `cannot show guests a ${reason.model} CPU`
        : `cannot show guests a ${reason.model} CPU: it lacks ${list(reason.missing)}`
    case 'cpu_overload':
      return `its CPUs are ${reason.used} % busy and the limit is ${reason.limit} %`
    case 'memory':
      return `has ${humanBytes(Math.max(0, reason.free))} of memory left and the VM needs ${humanBytes(reason.need)}`
    case 'swap':
      return `uses ${reason.used} % of its swap and the limit is ${reason.limit} %`
    case 'numa':
      return `its largest NUMA node has ${humanBytes(reason.largest)} and the VM needs ${humanBytes(reason.need)} in one`
    case 'huge_pages':
      return `has ${reason.free} free huge pages of ${humanBytes(reason.size)} and the VM needs ${reason.need}`
    case 'network':
      return `lacks a network that the VM uses: ${list(reason.names)}`
    case 'storage':
      return `does not reach a storage domain that the VM uses: ${list(reason.names)}`
    case 'vm_affinity':
      return reason.positive
        ? `does not run the VMs that affinity group ${reason.group} keeps together with it`
        : `runs a VM that affinity group ${reason.group} keeps apart from it`
    case 'host_affinity':
      return reason.positive
        ? `is no host of affinity group ${reason.group}`
        : `is a host that affinity group ${reason.group} keeps the VM away from`
    case 'host_device':
      return `does not have the devices that the VM uses: ${list(reason.names)}`
    case 'max_vms':
      return `runs ${reason.have} VMs and may run ${reason.most}`
    case 'ha_reservation':
      return `would leave no room for the highly available VMs of host ${reason.host}`
    case 'cluster_maintenance':
      return 'starts only highly available VMs while its cluster is in maintenance'
    case 'unlike':
      return reason.why
    case 'start':
      return `could not start it: ${reason.reason}`
  }
}
