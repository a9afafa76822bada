import { z } from 'zod'
import { bytes, uuid } from './refs.ts'

/** A network interface of the host, as the kernel shows it. */
export const HostNic = z.object({
  name: z.string(),
  mac: z.string().nullable(),
  mtu: z.int(),
  up: z.boolean(),
  /** Bits per second; null when the kernel does not say. */
  speed: z.number().nullable(),
  addresses: z.array(z.string()),
})
export type HostNic = z.infer<typeof HostNic>

/** Answer of `GET /v1/host`: what this host is. Unknown fields are ignored, so facts may grow. */
export const HostFacts = z.object({
  /** Version of this contract; 1. */
  protocol: z.int(),
  agentVersion: z.string(),
  hostname: z.string(),
  /** Stable for the machine, different for two agents on one machine. */
  hostUuid: uuid,
  bootId: z.string(),
  /** Raised at each start of the agent. */
  incarnation: z.int(),
  /** Guests run by hardware or by emulation, and the sentence why. */
  acceleration: z.object({ kind: z.enum(['kvm', 'tcg']), reason: z.string() }),
  cpu: z.object({
    architecture: z.string(),
    vendor: z.string(),
    model: z.string(),
    /** The model name that libvirt gives to what guests can be offered here. */
    guestModel: z.string().nullable(),
    /** Every model that libvirt can give guests here; absent from older agents. */
    models: z.array(z.string()).optional(),
    flags: z.array(z.string()),
    sockets: z.int(),
    cores: z.int(),
    threads: z.int(),
    mhz: z.number(),
  }),
  memory: bytes,
  os: z.object({ name: z.string(), version: z.string() }),
  kernel: z.string(),
  libvirtVersion: z.string(),
  qemuVersion: z.string(),
  nics: z.array(HostNic),
  taskKinds: z.array(z.string()),
  /** Machine types, firmware and the like that guests may ask for here. */
  machines: z.array(z.string()),
  firmware: z.array(z.string()),
  /** Where guests of other hosts may come in; null: they cannot. */
  migration: z.object({ address: z.string(), port: z.int() }).nullable().default(null),
})
export type HostFacts = z.infer<typeof HostFacts>
