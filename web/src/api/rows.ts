import type { NativeOperations, NativeQueries } from './native.gen.ts'

/** Rows as they travel: the engine's own row types, with dates as ISO texts. */
type RowOf<Q extends keyof NativeQueries> = NativeQueries[Q]['output'] extends (infer R)[]
  ? R
  : NativeQueries[Q]['output']

export type AffinityGroupRow = RowOf<'affinityGroup.list'>
export type AffinityLabelRow = RowOf<'affinityLabel.list'>
export type AttachmentRow = RowOf<'diskAttachment.list'>
export type CdromRow = RowOf<'cdrom.list'>
export type ClusterRow = RowOf<'cluster.list'>
export type ClusterCpu = RowOf<'cluster.cpu'>
export type ClusterNowRow = RowOf<'cluster.now'>
/** What would become of one VM when its host is emptied. */
export type DrainRow = RowOf<'host.drainPlan'>
export type DiskRow = RowOf<'disk.list'>
export type EventRow = RowOf<'event.search'>
export type Explanation = RowOf<'vm.explain'>
export type ExplainedHost = Explanation['hosts'][number]
export type FenceAgentRow = RowOf<'fenceAgent.list'>
export type HistoryRow = RowOf<'vm.history'>
export type HostNowRow = RowOf<'host.now'>
export type HostRow = RowOf<'host.list'>
export type IsoFileRow = RowOf<'storageDomain.files'>
export type JobRow = RowOf<'job.list'>
export type NicRow = RowOf<'nic.list'>
export type PolicyRow = RowOf<'schedulingPolicy.list'>
export type PolicyUnit = RowOf<'schedulingPolicy.units'>
export type SessionRow = RowOf<'session.list'>
export type StepRow = RowOf<'job.steps'>
export type StorageDomainRow = RowOf<'storageDomain.list'>
export type SummaryRow = RowOf<'inventory.summary'>
export type TransferRow = RowOf<'imageTransfer.list'>
export type VmNowRow = RowOf<'vm.now'>
export type VmRow = RowOf<'vm.list'>
export type VnicProfileRow = RowOf<'vnicProfile.list'>
/** The ordered ids of a search: the spine of a list. */
export type Spine = RowOf<'vm.search'>
export type ConsoleTicket = NativeOperations['console.ticket']['output']
export type NewCluster = NativeOperations['cluster.add']['input']
export type ClusterChange = NativeOperations['cluster.update']['input']
export type NewVm = NativeOperations['vm.add']['input']
export type RunOnce = NonNullable<NativeOperations['vm.start']['input']['runOnce']>
