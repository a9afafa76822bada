declare const brand: unique symbol
type Id<B extends string> = string & { readonly [brand]: B }

export type DataCenterId = Id<'DataCenter'>
export type ClusterId = Id<'Cluster'>
export type HostId = Id<'Host'>
export type StorageDomainId = Id<'StorageDomain'>
export type DiskId = Id<'Disk'>
export type VolumeId = Id<'Volume'>
export type NetworkId = Id<'Network'>
export type VnicProfileId = Id<'VnicProfile'>
export type NicId = Id<'Nic'>
export type VmId = Id<'Vm'>
export type RunId = Id<'Run'>
export type TemplateId = Id<'Template'>
export type ProjectId = Id<'Project'>
export type UserId = Id<'User'>
export type JobId = Id<'Job'>
export type TaskId = Id<'Task'>
export type TransferId = Id<'Transfer'>

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** Whether the text is a UUID in the usual form, in either case. */
export const isUuid = (text: string): boolean => uuidPattern.test(text)

/** The all-zero UUID: oVirt's Blank template, root tag and CD-ROM device. */
export const zeroUuid = '00000000-0000-0000-0000-000000000000'
