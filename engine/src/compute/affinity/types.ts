import { z } from 'zod'
import { id, seenVersion, text } from '../../inventory/input.ts'

/** A rule of a group: whether it holds, whether it keeps together or apart, and whether it must or should be kept. */
export const Rule = z.strictObject({
  enabled: z.boolean().optional(),
  positive: z.boolean().optional(),
  enforcing: z.boolean().optional(),
})

/** An affinity group as queries return it. */
export interface AffinityGroupRow {
  id: string
  clusterId: string
  dataCenterId: string | null
  name: string
  description: string
  priority: number
  vmsEnabled: boolean
  /** Its VMs stay together; false: apart. */
  vmsPositive: boolean
  vmsEnforcing: boolean
  hostsEnabled: boolean
  /** Its VMs stay on its hosts; false: away from them. */
  hostsPositive: boolean
  hostsEnforcing: boolean
  /** Named by themselves; labels name more. */
  vmIds: string[]
  hostIds: string[]
  vmLabelIds: string[]
  hostLabelIds: string[]
  createdAt: Date
  version: number
  /** Whether VMs run now where the group does not want them. */
  broken: boolean
}

/** An affinity label as queries return it. */
export interface AffinityLabelRow {
  id: string
  name: string
  description: string
  /** VMs with the label run on hosts with the label only, without a group that says so. */
  implicitGroup: boolean
  vmIds: string[]
  hostIds: string[]
  createdAt: Date
  version: number
}

const ids = z.array(id).max(10_000)
const name = z.string().trim().min(1).max(255)

const group = {
  description: text().optional(),
  priority: z.number().min(0).max(1_000_000).optional(),
  vmsRule: Rule.optional(),
  hostsRule: Rule.optional(),
  /** Members; a list that is said replaces the one there. */
  vmIds: ids.optional(),
  hostIds: ids.optional(),
  vmLabelIds: ids.optional(),
  hostLabelIds: ids.optional(),
}

/** Input of `affinityGroup.add`. */
export const AddAffinityGroup = z.strictObject({ clusterId: id, name, ...group })
export type AddAffinityGroup = z.infer<typeof AddAffinityGroup>
/** Input of `affinityGroup.update`; what is absent stays. */
export const UpdateAffinityGroup = z.strictObject({ id, version: seenVersion, name: name.optional(), ...group })
export type UpdateAffinityGroup = z.infer<typeof UpdateAffinityGroup>
/** Input of `affinityGroup.remove`, `affinityLabel.remove`. */
export const OneAffinity = z.strictObject({ id })
/** Input of `affinityGroup.addMember` and `affinityGroup.removeMember`: exactly one thing. */
export const GroupMember = z.strictObject({
  id,
  kind: z.enum(['vm', 'host', 'vm_label', 'host_label']),
  memberId: id,
})
export type GroupMember = z.infer<typeof GroupMember>

/** Input of `affinityLabel.add`. */
export const AddAffinityLabel = z.strictObject({
  name,
  description: text().default(''),
  implicitGroup: z.boolean().default(false),
})
/** Input of `affinityLabel.update`; what is absent stays. */
export const UpdateAffinityLabel = z.strictObject({
  id,
  version: seenVersion,
  name: name.optional(),
  description: text().optional(),
  implicitGroup: z.boolean().optional(),
})
/** Input of `affinityLabel.assign` and `affinityLabel.unassign`. */
export const LabelMember = z.strictObject({ id, kind: z.enum(['vm', 'host']), memberId: id })
