import type {
  AttachmentRow,
  CdromRow,
  ClusterRow,
  ConsoleTicket,
  DataCenterRow,
  DiskRow,
  EventRow,
  HistoryRow,
  HostRow,
  IsoFileRow,
  JobRow,
  NetworkRow,
  NewAttachment,
  NewDisk,
  NicRow,
  NowRow,
  ReportedDeviceRow,
  SessionRow,
  StepRow,
  StorageDomainRow,
  SummaryRow,
  TransferRow,
  VmConfigPatch,
  VmRow,
  VnicProfileRow,
} from './rows.ts'

interface Listing {
  ids?: string[]
  max?: number
  skip?: number
}
interface SearchInput {
  text?: string
  max?: number
}
/** The ordered ids of a search: the spine of a list. */
export interface Spine {
  ids: string[]
  total: number
}
type Started = { id?: string; jobId?: string | null } | null
interface Op<I, O = unknown> {
  input: I
  output: O
}
type One = { id: string }

/** What an overlay for one run says. */
export interface RunOverlay {
  boot?: ('hd' | 'cdrom' | 'network')[]
  bootMenu?: boolean
  cdrom?: { storageDomainId: string; file: string } | { diskId: string } | null
}

/** Operations that the console calls. */
export interface NativeOperations {
  'vm.add': Op<
    {
      name: string
      clusterId: string
      description?: string
      comment?: string
      config?: VmConfigPatch
      disks?: NewAttachment[]
    },
    { id: string; jobId: string | null }
  >
  'vm.update': Op<
    {
      id: string
      version?: number
      name?: string
      description?: string
      comment?: string
      config?: VmConfigPatch
      nextRun?: boolean
    },
    { id: string; nextRun: boolean }
  >
  'vm.remove': Op<{ id: string; detachOnly?: boolean; force?: boolean }, { id: string; jobId: string }>
  'vm.start': Op<{ id: string; pause?: boolean; runOnce?: RunOverlay }, Started>
  'vm.stop': Op<{ id: string; reason?: string }, Started>
  'vm.shutdown': Op<{ id: string; reason?: string }, Started>
  'vm.reboot': Op<{ id: string; force?: boolean }, Started>
  'vm.reset': Op<One, Started>
  'vm.suspend': Op<One, Started>
  'nic.add': Op<{ vmId: string; name: string; vnicProfileId?: string | null; interface?: 'virtio' | 'e1000' }, NicRow>
  'nic.update': Op<{
    vmId: string
    id: string
    version?: number
    linked?: boolean
    plugged?: boolean
    vnicProfileId?: string | null
  }>
  'nic.remove': Op<{ vmId: string; id: string }>
  'cdrom.update': Op<{ vmId: string; file: string | null; current?: boolean }>
  'diskAttachment.add': Op<{ vmId: string } & NewAttachment>
  'diskAttachment.update': Op<{ vmId: string; diskId: string; active?: boolean; bootable?: boolean }>
  'diskAttachment.remove': Op<{ vmId: string; diskId: string; detachOnly?: boolean }>
  'disk.add': Op<NewDisk, { id: string; jobId: string }>
  'disk.remove': Op<One, Started>
  'disk.update': Op<{ id: string; version?: number; alias?: string; description?: string; capacity?: number }>
  'imageTransfer.add': Op<
    {
      diskId: string
      direction?: 'upload' | 'download'
      format?: 'raw' | 'cow'
      inactivityTimeout?: number
      timeoutPolicy?: 'legacy' | 'pause' | 'cancel'
      filename?: string
    },
    { id: string; jobId?: string }
  >
  'imageTransfer.pause': Op<One>
  'imageTransfer.resume': Op<One>
  'imageTransfer.cancel': Op<One>
  'imageTransfer.finalize': Op<One>
  'imageTransfer.extend': Op<One>
  'host.activate': Op<One, Started>
  'host.deactivate': Op<{ id: string; reason?: string }, Started>
  'storageDomain.activate': Op<One, Started>
  'storageDomain.deactivate': Op<{ id: string; force?: boolean }, Started>
  'job.cancel': Op<{ jobId: string }>
  'job.retry': Op<{ jobId: string }>
  'job.abandon': Op<{ jobId: string }>
  'session.end': Op<One>
  'user.password': Op<{ userId: string; password: string; oldPassword?: string }>
  'preference.set': Op<{ key: string; value: unknown }>
  'console.ticket': Op<
    { vmId: string; protocol: 'vnc' | 'serial'; mode: 'stream' | 'listen'; expiresInSeconds?: number },
    ConsoleTicket
  >
}

/** Queries that the console asks. */
export interface NativeQueries {
  'vm.search': Op<SearchInput, Spine>
  'host.search': Op<SearchInput, Spine>
  'storageDomain.search': Op<SearchInput, Spine>
  'disk.search': Op<SearchInput, Spine>
  'network.search': Op<SearchInput, Spine>
  'cluster.search': Op<SearchInput, Spine>
  'user.search': Op<SearchInput, Spine>
  'event.search': Op<{ text?: string; before?: number; max?: number }, EventRow[]>
  'vm.list': Op<Listing & { clusterIds?: string[]; hostIds?: string[]; storageDomainIds?: string[] }, VmRow[]>
  'vm.now': Op<{ ids: string[] }, NowRow[]>
  'host.now': Op<{ ids: string[] }, NowRow[]>
  'vm.history': Op<{ id: string; from: number; to: number; points?: number }, HistoryRow>
  'host.history': Op<{ id: string; from: number; to: number; points?: number }, HistoryRow>
  'vm.reportedDevices': Op<{ vmIds: string[] }, ReportedDeviceRow[]>
  'host.list': Op<Listing, HostRow[]>
  'storageDomain.list': Op<Listing & { dataCenterIds?: string[] }, StorageDomainRow[]>
  'storageDomain.files': Op<{ storageDomainIds?: string[]; names?: string[]; max?: number }, IsoFileRow[]>
  'disk.list': Op<Listing & { storageDomainIds?: string[] }, DiskRow[]>
  'diskAttachment.list': Op<{ vmIds: string[] }, AttachmentRow[]>
  'nic.list': Op<{ vmIds: string[] }, NicRow[]>
  'cdrom.list': Op<{ vmIds: string[] }, CdromRow[]>
  'cluster.list': Op<Listing, ClusterRow[]>
  'dataCenter.list': Op<Listing, DataCenterRow[]>
  'network.list': Op<Listing, NetworkRow[]>
  'vnicProfile.list': Op<Listing, VnicProfileRow[]>
  'imageTransfer.list': Op<Listing & { diskIds?: string[] }, TransferRow[]>
  'job.list': Op<{ ids?: string[]; max?: number }, JobRow[]>
  'job.steps': Op<{ jobId: string }, StepRow[]>
  'event.list': Op<{ from?: number; positions?: number[]; max?: number }, EventRow[]>
  'inventory.summary': Op<Record<string, never>, SummaryRow>
  'session.list': Op<Record<string, never>, SessionRow[]>
  'preference.list': Op<Record<string, never>, Record<string, unknown>>
}
