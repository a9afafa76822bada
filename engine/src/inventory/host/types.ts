import type { HostStatus } from '@rookery/model'
import type { HostFacts, HostStats } from '@rookery/protocol'
import { z } from 'zod'
import { id, name, seenVersion, text } from '../input.ts'

/** A host as queries return it. */
export interface HostRow {
  id: string
  clusterId: string
  dataCenterId: string | null
  name: string
  description: string
  comment: string
  address: string
  port: number
  /** Base URL of its agent. */
  url: string
  hostUuid: string | null
  kind: 'rhel' | 'ovirt_node'
  spmPriority: number
  wanted: 'up' | 'maintenance'
  status: HostStatus
  /** Why it is non_operational, error, ...; a sentence. */
  statusReason: string | null
  facts: HostFacts | null
  seenAt: Date | null
  createdAt: Date
  version: number
  spmStatus: 'none' | 'spm' | 'contending'
  /** Runs on it: all, those that are up or starting, and those that migrate. */
  vmsTotal: number
  vmsActive: number
  vmsMigrating: number
  /** Memory (bytes) and vCPUs that are reserved for runs. */
  committedMemory: number
  committedVcpus: number
  /** Newest statistics; null before the first. */
  stats: HostStats | null
}

/** Input of `host.register`: a host whose agent trusts this engine's CA already. Engine internal and simulator. */
export const RegisterHost = z.strictObject({
  name: name(255),
  clusterId: id,
  address: z.string().min(1).max(255),
  url: z.url({ protocol: /^https$/ }),
  /** Fixed id, for hosts that come back with every start. */
  id: id.optional(),
})
export type RegisterHost = z.infer<typeof RegisterHost>

/** Input of `host.add`: what POST /hosts says. Refused in this release: adding over SSH comes later. */
export const AddHost = z.strictObject({
  name: name(255),
  address: z.string().min(1).max(255),
  clusterId: id.optional(),
})

/** Input of `host.update`; what is absent stays. */
export const UpdateHost = z.strictObject({
  id,
  version: seenVersion,
  name: name(255).optional(),
  description: text().optional(),
  comment: text().optional(),
  spmPriority: z.int().min(-1).max(10).optional(),
})
export type UpdateHost = z.infer<typeof UpdateHost>

/** Input of `host.activate`, `host.refresh`. */
export const OneHost = z.strictObject({ id })
/** Input of `host.deactivate`. */
export const DeactivateHost = z.strictObject({ id, reason: text(1000).default('') })
export type DeactivateHost = z.infer<typeof DeactivateHost>
/** Input of `host.remove`. */
export const RemoveHost = z.strictObject({ id, force: z.boolean().default(false) })
