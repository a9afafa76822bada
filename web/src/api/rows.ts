import type {
  DiskStatus,
  ErrorRecord,
  HostStatus,
  StorageDomainStatus,
  StorageDomainType,
  StorageType,
  TransferPhase,
  VmStatus,
} from '@rookery/model'

/** Rows as they travel: dates are ISO strings. */
export type Iso = string

export interface Ref {
  kind: string
  id: string
  name?: string
}

export type BootDevice = 'hd' | 'cdrom' | 'network'

export interface VmConfig {
  type: 'desktop' | 'server' | 'high_performance'
  memory: number
  memoryPolicy: { guaranteed: number | null; max: number | null; ballooning: boolean }
  cpu: { sockets: number; cores: number; threads: number; mode: string; customModel: string | null }
  customMachine: string | null
  os: { type: string; boot: BootDevice[] }
  bios: { type: string; bootMenu: boolean }
  display: { consoles: 'vnc'[]; monitors: number; videoType: string; keyboardLayout: string | null }
  serialConsole: boolean
  highAvailability: { enabled: boolean; priority: number }
  placement: { affinity: string; hostIds: string[] }
  startPaused: boolean
  stateless: boolean
  deleteProtected: boolean
  timeZone: string | null
  soundcard: boolean
  tpm: boolean
  virtioScsi: boolean
  rng: string | null
  cdrom: { storageDomainId: string; file: string } | { diskId: string } | null
}

/** What clients may say of a VM's configuration. */
export type VmConfigPatch = Partial<{
  memory: number
  cpu: Partial<VmConfig['cpu']>
  os: Partial<VmConfig['os']>
  bios: Partial<VmConfig['bios']>
  deleteProtected: boolean
  highAvailability: Partial<VmConfig['highAvailability']>
}>

export interface GuestReport {
  hostname: string | null
  osName: string | null
  osVersion: string | null
  kernel: string | null
  timezone: string | null
  nics: { name: string; mac: string | null; addresses: string[] }[]
}

export interface VmRow {
  id: string
  clusterId: string
  dataCenterId: string
  templateId: string
  name: string
  description: string
  comment: string
  config: VmConfig
  nextRun: VmConfig | null
  status: VmStatus
  standing: 'normal' | 'failed' | 'shelved' | 'verify_resize' | 'rescued'
  fault: ErrorRecord | null
  stopReason: string
  startedAt: Iso | null
  stoppedAt: Iso | null
  createdAt: Iso
  version: number
  runId: string | null
  hostId: string | null
  runOnce: boolean
  runConfig: VmConfig | null
  pauseReason: string | null
  guestAgent: boolean
  guest: GuestReport | null
  runMedium: unknown
  runStartedAt: Iso | null
  hasIllegalImages: boolean
}

export interface NewDisk {
  alias?: string
  description?: string
  storageDomainId?: string
  capacity: number
  format: 'raw' | 'qcow2'
  sparse?: boolean
  contentType?: 'data' | 'iso'
}

export interface NewAttachment {
  diskId?: string
  disk?: NewDisk
  interface?: 'virtio' | 'virtio_scsi' | 'sata' | 'ide'
  bootable?: boolean
  active?: boolean
}

export interface AttachmentRow {
  vmId: string
  diskId: string
  interface: string
  bootable: boolean
  active: boolean
  readOnly: boolean
  position: number
}

export interface NicRow {
  id: string
  vmId: string
  name: string
  mac: string
  interface: string
  vnicProfileId: string | null
  networkId: string | null
  linked: boolean
  plugged: boolean
  position: number
  version: number
}

export interface ReportedDeviceRow {
  id: string
  vmId: string
  name: string
  mac: string | null
  addresses: string[]
  nicId: string | null
}

export interface CdromRow {
  vmId: string
  stored: string | null
  current: string | null
}

export interface HostNic {
  name: string
  mac: string | null
  speed?: number | null
  up?: boolean
  mtu?: number
  addresses?: string[]
}

export interface HostFacts {
  agentVersion: string
  hostname: string
  acceleration: { kind: 'kvm' | 'tcg'; reason: string }
  cpu: {
    architecture: string
    vendor: string
    model: string
    sockets: number
    cores: number
    threads: number
    mhz: number
  }
  memory: number
  os: { name: string; version: string }
  kernel: string
  libvirtVersion: string
  qemuVersion: string
  nics: HostNic[]
}

export interface HostStats {
  cpuUser: number
  cpuSystem: number
  cpuIdle: number
  load5: number
  memoryUsed: number
  memoryFree: number
  memoryShared: number
  swapTotal: number
  swapUsed: number
  bootTime: number
}

export interface HostRow {
  id: string
  clusterId: string
  dataCenterId: string | null
  name: string
  description: string
  comment: string
  address: string
  port: number
  status: HostStatus
  statusReason: string | null
  facts: HostFacts | null
  seenAt: Iso | null
  createdAt: Iso
  version: number
  spmStatus: 'none' | 'spm' | 'contending'
  spmPriority: number
  vmsTotal: number
  vmsActive: number
  vmsMigrating: number
  committedMemory: number
  committedVcpus: number
  stats: HostStats | null
}

export interface StorageDomainRow {
  id: string
  dataCenterId: string | null
  name: string
  description: string
  comment: string
  type: StorageDomainType
  storageType: StorageType
  connection: { type: string; path?: string; address?: string }
  storageFormat: string
  status: StorageDomainStatus
  master: boolean
  available: number
  used: number
  committed: number
  wipeAfterDelete: boolean
  warningLowSpace: number
  criticalSpaceGib: number
  createdAt: Iso
  version: number
}

export interface IsoFileRow {
  storageDomainId: string
  name: string
  size: number
}

export interface DiskRow {
  id: string
  alias: string
  description: string
  storageDomainId: string
  dataCenterId: string | null
  volumeId: string
  format: 'raw' | 'qcow2'
  sparse: boolean
  contentType: 'data' | 'iso' | 'memory_dump_volume'
  capacity: number
  actualSize: number
  shareable: boolean
  wipeAfterDelete: boolean
  status: DiskStatus
  createdAt: Iso
  modifiedAt: Iso
  version: number
  vmIds: string[]
}

export interface TransferRow {
  id: string
  diskId: string
  hostId: string | null
  userId: string | null
  ticket: string
  direction: 'upload' | 'download'
  format: 'raw' | 'cow'
  phase: TransferPhase
  size: number
  transferred: number
  inactivityTimeout: number
  timeoutPolicy: 'legacy' | 'pause' | 'cancel'
  url: string | null
  active: boolean
  lastActiveAt: Iso
  error: ErrorRecord | null
  createdAt: Iso
  endedAt: Iso | null
  version: number
}

export interface ClusterRow {
  id: string
  dataCenterId: string | null
  name: string
  description: string
  cpuArchitecture: string
  cpuType: string | null
  memoryOvercommit: number
  version: number
  managementNetworkId: string | null
}

export interface DataCenterRow {
  id: string
  name: string
  status: string
  version: number
}

export interface NetworkRow {
  id: string
  dataCenterId: string
  name: string
  vlan: number | null
  mtu: number
}

export interface VnicProfileRow {
  id: string
  networkId: string
  name: string
}

export type JobStatus = 'queued' | 'running' | 'undoing' | 'stuck' | 'finished' | 'failed' | 'cancelled'

export interface JobRow {
  id: string
  kind: string
  status: JobStatus
  engineId: string | null
  parentId: string | null
  ownerId: string | null
  correlationId: string | null
  description: string
  refs: Ref[]
  error: (ErrorRecord & { stuck?: ErrorRecord & { step: string | null; during: 'forward' | 'undo' } }) | null
  cancel: boolean
  noReturn: boolean
  external: boolean
  waiting: boolean
  progress: number | null
  createdAt: Iso
  startedAt: Iso | null
  endedAt: Iso | null
  updatedAt: Iso
}

export interface StepRow {
  jobId: string
  name: string
  kind: 'tx' | 'host' | 'child' | 'sleep'
  position: number
  status: 'running' | 'finished' | 'failed'
  hostId: string | null
  error: ErrorRecord | null
  undoStatus: 'pending' | 'finished' | 'failed' | null
  undoError: ErrorRecord | null
  tries: number
  progress: number | null
  startedAt: Iso
  endedAt: Iso | null
}

export interface EventRow {
  id: number
  position: number
  at: Iso
  code: number
  name: string
  severity: 'normal' | 'warning' | 'error' | 'alert'
  actorId: string | null
  actorName: string | null
  correlationId: string | null
  jobId: string | null
  message: string
  /** What stands in the places of the message, by name. */
  args?: Record<string, string | number> | null
  refs: Ref[]
  origin: string
}

export interface SessionRow {
  id: string
  userId: string
  principal: string
  kind: string
  address: string | null
  client: string | null
  createdAt: Iso
  lastUsedAt: Iso
  expiresAt: Iso
  streams: number
  consoles: number
  current: boolean
}

export interface SummaryRow {
  hosts: number
  hostsUp: number
  storageDomains: number
  storageDomainsActive: number
  vms: number
  vmsActive: number
  users: number
}

/** Numbers of a VM or a host that move: CPU as a fraction, memory in bytes, rates per second. */
export interface NowRow {
  id: string
  at: Iso | number | null
  cpu: number | null
  memoryUsed: number | null
  memory: number | null
  rxBytes: number | null
  txBytes: number | null
  readBytes: number | null
  writeBytes: number | null
  readOps: number | null
  writeOps: number | null
  recentCpu: number[]
}

/** Series over time; a gap is null. `at` is epoch milliseconds. */
export interface HistoryRow {
  at: number[]
  cpu: (number | null)[]
  memoryUsed: (number | null)[]
  rxBytes: (number | null)[]
  txBytes: (number | null)[]
  readBytes: (number | null)[]
  writeBytes: (number | null)[]
  readOps: (number | null)[]
  writeOps: (number | null)[]
}

export interface ConsoleTicket {
  id: string
  vmId: string
  value: string
  expiresInSeconds: number
}
