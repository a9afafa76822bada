import { Checkbox } from '@patternfly/react-core'
import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { pickersOf } from '../affinity/pickers.ts'
import { op, planOf } from '../api/client.ts'
import { useAsk } from '../api/hooks.ts'
import type { VmRow } from '../api/rows.ts'
import { migrationPolicies } from '../clusters/migration-policies.ts'
import { Choice } from '../templates/dialog/choice.tsx'
import { TextField } from '../templates/dialog/field.tsx'
import { FormDialog } from '../templates/dialog/form-dialog.tsx'
import { Picker } from '../templates/dialog/picker.tsx'
import { without } from '../templates/dialog/without.ts'
import { type AvailabilityForm, availabilityOf, availabilityProblems, configOf } from './availability.ts'

/** Whether a machine comes back by itself, on which hosts it may run, and how it moves. */
export function AvailabilityDialog({ vm, onClose }: { vm: VmRow; onClose: () => void }) {
  const { t } = useTranslation(['vms', 'clusters', 'common'])
  const [seen] = useState(vm)
  const [before] = useState(() => availabilityOf(seen.nextRun ?? seen.config))
  const [form, setForm] = useState(before)
  const [problems, setProblems] = useState<ReturnType<typeof availabilityProblems>>({})
  const { data: clusters } = useAsk('cluster.list', {})
  const cluster = clusters?.find(one => one.id === seen.clusterId)?.name
  const pick = useMemo(() => pickersOf(cluster), [cluster])
  const set = (change: Partial<AvailabilityForm>) => {
    setForm(now => ({ ...now, ...change }))
    setProblems(now => without(now, 'hostIds' in change ? { ...change, affinity: '' } : change))
  }
  const problem = (field: keyof AvailabilityForm) => {
    const found = problems[field]
    return found === undefined ? undefined : t(`vms:availability.problem.${found}`)
  }
  const input = () => ({ id: seen.id, version: seen.version, config: configOf(form) })
  return (
    <FormDialog
      wide
      title={t('vms:availability.title', { name: seen.name })}
      submitLabel={t('common:save')}
      dirty={JSON.stringify(form) !== JSON.stringify(before)}
      plan={() => planOf('vm.update', input())}
      onClose={onClose}
      submit={async () => {
        const found = availabilityProblems(form)
        setProblems(found)
        if (Object.keys(found).length > 0) return false
        await op('vm.update', input())
        onClose()
        return true
      }}
    >
      {vm.version === seen.version ? null : <p role="alert">{t('vms:changedMeanwhile')}</p>}
      <Checkbox
        id="vm-ha"
        label={t('vms:ha')}
        description={t('vms:availability.haHint')}
        isChecked={form.ha}
        onChange={(_event, ha) => set({ ha })}
      />
      <TextField
        id="vm-priority"
        label={t('vms:priority')}
        value={form.priority}
        onChange={priority => set({ priority })}
        error={problem('priority')}
        hint={t('vms:availability.priorityHint')}
        maxLength={8}
      />
      <Choice
        id="vm-affinity"
        label={t('vms:availability.affinity')}
        value={form.affinity}
        onChange={value => set({ affinity: value as AvailabilityForm['affinity'] })}
        error={problem('affinity')}
        options={(['migratable', 'user_migratable', 'pinned'] as const).map(value => ({
          value,
          label: t(`vms:availability.affinities.${value}`),
        }))}
      />
      <Picker
        label={t('vms:availability.hosts')}
        value={form.hostIds}
        useFound={pick.host.useFound}
        useNames={pick.host.useNames}
        onChange={hostIds => set({ hostIds })}
        hint={t('vms:availability.hostsHint')}
      />
      <div className="rk-pair">
        <Choice
          id="vm-migration-policy"
          label={t('clusters:field.migrationPolicy')}
          value={form.migrationPolicyId}
          onChange={migrationPolicyId => set({ migrationPolicyId })}
          options={[
            { value: '', label: t('vms:availability.asCluster') },
            ...Object.entries(migrationPolicies).map(([value, word]) => ({
              value,
              label: t(`clusters:migrationPolicy.${word}.name`),
            })),
          ]}
        />
        <Choice
          id="vm-encrypted"
          label={t('vms:availability.encrypted')}
          value={form.encrypted}
          onChange={value => set({ encrypted: value as AvailabilityForm['encrypted'] })}
          options={[
            { value: 'inherit', label: t('vms:availability.asCluster') },
            { value: 'true', label: t('common:yes') },
            { value: 'false', label: t('common:no') },
          ]}
        />
        <TextField
          id="vm-downtime"
          label={t('vms:availability.downtime')}
          value={form.downtime}
          onChange={downtime => set({ downtime })}
          error={problem('downtime')}
          hint={t('vms:availability.downtimeHint')}
          maxLength={8}
        />
      </div>
    </FormDialog>
  )
}
