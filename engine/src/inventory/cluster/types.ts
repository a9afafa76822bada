import { z } from 'zod'
import { id, name, seenVersion, text } from '../input.ts'
import { patchOf } from '../patch.ts'
import { PolicyValues } from '../scheduling-policy/types.ts'

/** What else people say of a cluster, with a default for each word. */
export const ClusterSettings = z.strictObject({
  onError: z.enum(['migrate', 'migrate_highly_available', 'do_not_migrate']).default('migrate'),
  migration: z
    .strictObject({
      autoConverge: z.enum(['inherit', 'true', 'false']).default('inherit'),
      compressed: z.enum(['inherit', 'true', 'false']).default('inherit'),
      encrypted: z.enum(['inherit', 'true', 'false']).default('inherit'),
      bandwidth: z.enum(['auto', 'custom', 'hypervisor_default']).default('auto'),
      bandwidthMbps: z.int().positive().nullable().default(null),
      policyId: id.default('80554327-0569-496b-bdeb-fcbbf52b827b'),
    })
    .prefault({}),
  fencing: z
    .strictObject({
      enabled: z.boolean().default(true),
      /** How long (seconds) a host that is lost may come back by itself before it is fenced. */
      delaySeconds: z.int().min(0).max(3600).default(30),
      skipIfConnectivityBroken: z.boolean().default(false),
      connectivityThreshold: z.int().min(0).max(100).default(50),
      skipIfStorageActive: z.boolean().default(false),
    })
    .prefault({}),
  transparentHugepages: z.boolean().default(true),
  ksmMergeAcrossNodes: z.boolean().default(true),
  /** The CPU type follows the hosts, since nobody chose one. */
  cpuTypeFromHosts: z.boolean().default(false),
  /** Room is kept for the highly available VMs of any one host. */
  haReservation: z.boolean().default(false),
  /** Most VMs that a host runs; null: as many as fit. */
  maxVmsPerHost: z.int().min(1).max(10_000).nullable().default(null),
  /** Said over the properties of the scheduling policy. */
  schedulingProperties: PolicyValues.default({}),
  optionalReason: z.boolean().default(false),
  maintenanceReasonRequired: z.boolean().default(false),
  trustedService: z.boolean().default(false),
  tunnelMigration: z.boolean().default(false),
  vncEncryption: z.boolean().default(false),
  logMaxMemoryUsedThreshold: z.int().min(0).default(95),
  logMaxMemoryUsedThresholdType: z.enum(['percentage', 'absolute_value_in_mb']).default('percentage'),
  rngSources: z.array(z.enum(['hwrng', 'random', 'urandom'])).default(['urandom']),
  serialNumber: z
    .strictObject({
      policy: z.enum(['custom', 'host', 'none', 'vm']),
      value: z.string().max(255).nullable().default(null),
    })
    .nullable()
    .default(null),
})
export type ClusterSettings = z.infer<typeof ClusterSettings>

/** A cluster as queries return it. */
export interface ClusterRow {
  id: string
  dataCenterId: string | null
  name: string
  description: string
  comment: string
  cpuArchitecture: string
  /** Catalogue name such as `Intel Nehalem Family`; null until the first host says what it has. */
  cpuType: string | null
  levelMajor: number
  levelMinor: number
  /** Percent: 100 none, 150 server, 200 desktop. */
  memoryOvercommit: number
  ballooning: boolean
  ksm: boolean
  threadsAsCores: boolean
  switchType: string
  firewallType: string
  biosType: string
  schedulingPolicyId: string
  settings: ClusterSettings
  createdAt: Date
  version: number
  /** Its hosts are being upgraded, and how many percent of it is done. */
  upgrading: boolean
  upgradePercent: number
  /** What whoever upgrades them calls it. */
  upgradeCorrelation: string | null
  macPoolId: string
  managementNetworkId: string | null
}

const biosType = z.enum(['cluster_default', 'i440fx_sea_bios', 'q35_ovmf', 'q35_sea_bios', 'q35_secure_boot'])

const changeable = {
  description: text().optional(),
  comment: text().optional(),
  /** A name of the catalogue; null: taken from the first host. */
  cpuType: z.string().max(100).nullable().optional(),
  cpuArchitecture: z.literal('x86_64').optional(),
  level: z.strictObject({ major: z.literal(4), minor: z.int().min(2).max(8) }).optional(),
  memoryOvercommit: z.int().min(100).max(1000).optional(),
  ballooning: z.boolean().optional(),
  ksm: z.boolean().optional(),
  threadsAsCores: z.boolean().optional(),
  switchType: z.enum(['legacy', 'ovs']).optional(),
  firewallType: z.enum(['firewalld', 'iptables']).optional(),
  biosType: biosType.optional(),
  schedulingPolicyId: id.optional(),
  /** Merged over what is there, key by key. */
  settings: patchOf(ClusterSettings).optional(),
}

/** Input of `cluster.add`. */
export const AddCluster = z.strictObject({
  name: name(40),
  dataCenterId: id,
  /** Default: the network called ovirtmgmt of the data center. */
  managementNetworkId: id.optional(),
  ...changeable,
})
export type AddCluster = z.infer<typeof AddCluster>

/** Input of `cluster.update`; what is absent stays. */
export const UpdateCluster = z.strictObject({
  id,
  version: seenVersion,
  name: name(40).optional(),
  dataCenterId: id.optional(),
  ...changeable,
})
export type UpdateCluster = z.infer<typeof UpdateCluster>

/** Input of `cluster.remove`. */
export const RemoveCluster = z.strictObject({ id })
