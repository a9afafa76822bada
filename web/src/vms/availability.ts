import type { NativeOperations } from '../api/native.ts'
import type { VmRow } from '../api/rows.ts'

type Config = VmRow['config']

/** Where a machine may run, whether it comes back by itself, and how it moves; as it is typed. */
export interface AvailabilityForm {
  ha: boolean
  priority: string
  affinity: Config['placement']['affinity']
  /** Only these hosts; none: every host of its cluster. */
  hostIds: readonly string[]
  /** Empty: as its cluster says. */
  migrationPolicyId: string
  encrypted: Config['migration']['encrypted']
  /** Milliseconds; empty: as the policy says. */
  downtime: string
}

/** What a machine says, as the form holds it. */
export const availabilityOf = ({ highAvailability, placement, migration }: Config): AvailabilityForm => ({
  ha: highAvailability.enabled,
  priority: String(highAvailability.priority),
  affinity: placement.affinity,
  hostIds: placement.hostIds,
  migrationPolicyId: migration.policyId ?? '',
  encrypted: migration.encrypted,
  downtime: migration.downtime === null ? '' : String(migration.downtime),
})

const whole = (text: string): number => Number(text.normalize('NFKC').trim())

export type AvailabilityProblem = 'priority' | 'downtime' | 'pinned'

/** What is wrong with the form. */
export function availabilityProblems(
  form: AvailabilityForm,
): Partial<Record<keyof AvailabilityForm, AvailabilityProblem>> {
  const fits = (text: string, most: number) =>
    text.trim() !== '' && Number.isInteger(whole(text)) && whole(text) >= 0 && whole(text) <= most
  return {
    ...(fits(form.priority, 1000) ? {} : { priority: 'priority' as const }),
    ...(form.downtime.trim() === '' || fits(form.downtime, 1_000_000) ? {} : { downtime: 'downtime' as const }),
    ...(form.affinity === 'pinned' && form.hostIds.length === 0 ? { affinity: 'pinned' as const } : {}),
  }
}

/** The part of a configuration that `vm.update` takes. */
export const configOf = (form: AvailabilityForm): NonNullable<NativeOperations['vm.update']['input']['config']> => ({
  highAvailability: { enabled: form.ha, priority: whole(form.priority) },
  placement: { affinity: form.affinity, hostIds: [...form.hostIds] },
  migration: {
    policyId: form.migrationPolicyId === '' ? null : form.migrationPolicyId,
    encrypted: form.encrypted,
    downtime: form.downtime.trim() === '' ? null : whole(form.downtime),
  },
})
