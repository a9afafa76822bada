import type { AffinityGroupRow } from '../api/rows.ts'
import type { NativeOperations } from '../api/native.ts'

/** A rule as it is chosen: none, or which way and how strictly. */
export type RuleChoice = 'none' | 'positive' | 'negative'

/** What the dialog of a group holds. */
export interface GroupForm {
  name: string
  description: string
  clusterId: string
  priority: string
  vms: RuleChoice
  vmsHard: boolean
  hosts: RuleChoice
  hostsHard: boolean
  vmIds: readonly string[]
  hostIds: readonly string[]
  vmLabelIds: readonly string[]
  hostLabelIds: readonly string[]
}

export const emptyGroup = (clusterId: string): GroupForm => ({
  name: '',
  description: '',
  clusterId,
  priority: '1',
  vms: 'positive',
  vmsHard: true,
  hosts: 'none',
  hostsHard: true,
  vmIds: [],
  hostIds: [],
  vmLabelIds: [],
  hostLabelIds: [],
})

const choice = (enabled: boolean, positive: boolean): RuleChoice =>
  enabled ? (positive ? 'positive' : 'negative') : 'none'

/** What a group says, as the form holds it. */
export const formOfGroup = (group: AffinityGroupRow): GroupForm => ({
  name: group.name,
  description: group.description,
  clusterId: group.clusterId,
  priority: String(group.priority),
  vms: choice(group.vmsEnabled, group.vmsPositive),
  vmsHard: group.vmsEnforcing,
  hosts: choice(group.hostsEnabled, group.hostsPositive),
  hostsHard: group.hostsEnforcing,
  vmIds: group.vmIds,
  hostIds: group.hostIds,
  vmLabelIds: group.vmLabelIds,
  hostLabelIds: group.hostLabelIds,
})

export type GroupProblem = 'nameMissing' | 'priority' | 'noRule'

/** What is wrong with the form. */
export function problemsOfGroup(form: GroupForm): Partial<Record<'name' | 'priority' | 'vms', GroupProblem>> {
  const priority = Number(form.priority.normalize('NFKC'))
  return {
    ...(form.name.trim() === '' ? { name: 'nameMissing' as const } : {}),
    ...(form.priority.trim() !== '' && priority >= 0 && priority <= 1_000_000 ? {} : { priority: 'priority' as const }),
    ...(form.vms === 'none' && form.hosts === 'none' ? { vms: 'noRule' as const } : {}),
  }
}

const rule = (chosen: RuleChoice, enforcing: boolean) =>
  chosen === 'none' ? { enabled: false } : { enabled: true, positive: chosen === 'positive', enforcing }

/** The part that adding and changing have in common. */
export const partsOfGroup = (form: GroupForm) => ({
  name: form.name.trim(),
  description: form.description,
  priority: Number(form.priority.normalize('NFKC')),
  vmsRule: rule(form.vms, form.vmsHard),
  hostsRule: rule(form.hosts, form.hostsHard),
  vmIds: [...form.vmIds],
  hostIds: [...form.hostIds],
  vmLabelIds: [...form.vmLabelIds],
  hostLabelIds: [...form.hostLabelIds],
})

export type NewGroup = NativeOperations['affinityGroup.add']['input']

/** What has to be done so that a list of members becomes another one. */
export const difference = (before: readonly string[], after: readonly string[]) => ({
  add: after.filter(id => !before.includes(id)),
  remove: before.filter(id => !after.includes(id)),
})
