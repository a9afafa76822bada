import type { HostStatus } from '@rookery/model'
import type { HostFacts, HostStats } from '@rookery/protocol'
import { z } from 'zod'
import { type FencingState, PowerManagement } from '../fence/types.ts'
import { id, name, seenVersion, text } from '../input.ts'
import { patchOf } from '../patch.ts'

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
  powerManagement: PowerManagement
  fenceAgents: number
  /** When its silence became too long; null while it is heard. */
  lostAt: Date | null
  /** When its power was last seen off, or a person last said that it was rebooted. */
  fencedAt: Date | null
  /** When another host last saw its lease on storage move; null: nobody looks. */
  storageSeenAt: Date | null
  fencing: FencingState | null
  /** How the engine signs in; null: it cannot, the host joined by its own word. */
  ssh: HostSsh | null
  /** Until when its certificate is good; null: not known, it was made elsewhere. */
  certificateUntil: Date | null
  /** Its agent is not the one of this engine, as the last `host.upgradeCheck` found. */
  updateAvailable: boolean
}

/** How the engine signs in to a host. */
export interface HostSsh {
  port: number
  user: string
  fingerprint: string | null
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

const sshAddress = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[A-Za-z0-9]([A-Za-z0-9.:-]*[A-Za-z0-9])?$/, 'must be a host name or an address')

/** How the engine signs in to a machine; without a password by its own key, which must be admitted there already. */
const Ssh = {
  port: z.int().min(1).max(65_535).default(22),
  user: z
    .string()
    .regex(/^[a-z_][a-z0-9_-]{0,31}$/, 'must be the name of a user')
    .default('root'),
  /** `SHA256:…` of its host key, as OpenSSH shows it. Without one the key of the first visit is taken, and pinned. */
  fingerprint: z
    .string()
    .regex(/^SHA256:[A-Za-z0-9+/]{43}$/, 'must be SHA256: and 43 characters, as ssh-keygen -lf shows it')
    .optional(),
  password: z.string().min(1).max(1024).optional(),
}

/** Input of `host.fingerprint`: the SSH server of a machine that is to become a host of this cluster. */
export const LookAtHost = z.strictObject({ address: sshAddress, port: Ssh.port, clusterId: id.optional() })

/** Input of `host.add`: a machine that is installed over SSH, then activated unless told otherwise. */
export const AddHost = z.strictObject({
  name: name(255),
  description: text().default(''),
  comment: text().default(''),
  address: sshAddress,
  clusterId: id.optional(),
  spmPriority: z.int().min(-1).max(10).default(5),
  activate: z.boolean().default(true),
  ssh: z.strictObject(Ssh).prefault({}),
})
export type AddHost = z.infer<typeof AddHost>

/** Input of `host.install`: again, for a host that failed or is in maintenance. What is absent stays as it was. */
export const InstallHost = z.strictObject({
  id,
  activate: z.boolean().default(true),
  ssh: z
    .strictObject({
      port: Ssh.port.unwrap().optional(),
      user: Ssh.user.unwrap().optional(),
      fingerprint: Ssh.fingerprint,
      password: Ssh.password,
    })
    .default({}),
})
export type InstallHost = z.infer<typeof InstallHost>

/** Input of `host.update`; what is absent stays. */
export const UpdateHost = z.strictObject({
  id,
  version: seenVersion,
  name: name(255).optional(),
  description: text().optional(),
  comment: text().optional(),
  spmPriority: z.int().min(-1).max(10).optional(),
  /** Merged over what is there, key by key. */
  powerManagement: patchOf(PowerManagement).optional(),
})
export type UpdateHost = z.infer<typeof UpdateHost>

/** Input of operations that take a host alone. */
export const OneHost = z.strictObject({ id })
/** Input of `host.deactivate`. */
export const DeactivateHost = z.strictObject({ id, reason: text(1000).default('') })
export type DeactivateHost = z.infer<typeof DeactivateHost>
/** Input of `host.remove`. */
export const RemoveHost = z.strictObject({ id, force: z.boolean().default(false) })
