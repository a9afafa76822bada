import { Checkbox } from '@patternfly/react-core'
import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { op } from '../api/client.ts'
import { useAsk } from '../api/hooks.ts'
import type { AffinityGroupRow } from '../api/rows.ts'
import { Choice } from '../templates/dialog/choice.tsx'
import { TextField } from '../templates/dialog/field.tsx'
import { FormDialog } from '../templates/dialog/form-dialog.tsx'
import { without } from '../templates/dialog/without.ts'
import { Picker } from '../templates/dialog/picker.tsx'
import {
  emptyGroup,
  formOfGroup,
  type GroupForm,
  partsOfGroup,
  problemsOfGroup,
  type RuleChoice,
} from './group-form.ts'
import { pickersOf } from './pickers.ts'
import './affinity.css'

const choices = ['none', 'positive', 'negative'] as const satisfies readonly RuleChoice[]

/** A new affinity group, or what an existing one says. */
export function GroupDialog(p: { clusterId: string; group?: AffinityGroupRow; onClose: () => void }) {
  const { t } = useTranslation(['affinity', 'common'])
  const [seen] = useState(p.group)
  const { data: clusters } = useAsk('cluster.list', {})
  const [before] = useState<GroupForm>(() => (seen === undefined ? emptyGroup(p.clusterId) : formOfGroup(seen)))
  const [typed, setTyped] = useState<Partial<GroupForm>>({})
  const [problems, setProblems] = useState<ReturnType<typeof problemsOfGroup>>({})
  const form = {
    ...before,
    ...(before.clusterId === '' ? { clusterId: clusters?.[0]?.id ?? '' } : {}),
    ...typed,
  }
  const set = (change: Partial<GroupForm>) => {
    setTyped(now => ({ ...now, ...change }))
    // A rule for hosts mends that there is none between machines.
    setProblems(now => without(now, 'hosts' in change ? { ...change, vms: '' } : change))
  }
  const cluster = clusters?.find(one => one.id === form.clusterId)?.name
  const pick = useMemo(() => pickersOf(cluster), [cluster])
  const problem = (field: keyof typeof problems) => {
    const found = problems[field]
    return found === undefined ? undefined : t(`affinity:problem.${found}`)
  }
  return (
    <FormDialog
      wide
      title={seen === undefined ? t('affinity:group.new') : t('affinity:editOf', { name: seen.name })}
      submitLabel={seen === undefined ? t('affinity:create') : t('common:save')}
      dirty={Object.keys(typed).length > 0}
      onClose={p.onClose}
      submit={async () => {
        const found = problemsOfGroup(form)
        setProblems(found)
        if (Object.keys(found).length > 0) return false
        const parts = partsOfGroup(form)
        if (seen === undefined) await op('affinityGroup.add', { clusterId: form.clusterId, ...parts })
        else await op('affinityGroup.update', { id: seen.id, version: seen.version, ...parts })
        p.onClose()
        return true
      }}
    >
      {seen !== undefined && p.group !== undefined && p.group.version !== seen.version ? (
        <p role="alert">{t('affinity:changedMeanwhile')}</p>
      ) : null}
      <TextField
        id="group-name"
        label={t('common:name')}
        value={form.name}
        onChange={name => set({ name })}
        error={problem('name')}
        maxLength={255}
        required
        autoFocus
      />
      <TextField
        id="group-description"
        label={t('common:description')}
        value={form.description}
        onChange={description => set({ description })}
      />
      <div className="rk-pair">
        {seen === undefined && p.clusterId === '' && clusters !== undefined && clusters.length > 1 ? (
          <Choice
            id="group-cluster"
            label={t('affinity:column.cluster')}
            value={form.clusterId}
            // Members are of one cluster.
            onChange={clusterId => set({ clusterId, vmIds: [], hostIds: [] })}
            options={clusters.map(({ id, name }) => ({ value: id, label: name }))}
          />
        ) : null}
        <TextField
          id="group-priority"
          label={t('affinity:column.priority')}
          value={form.priority}
          onChange={priority => set({ priority })}
          error={problem('priority')}
          hint={t('affinity:hint.priority')}
          maxLength={12}
        />
      </div>
      <div className="rk-pair">
        {(['vms', 'hosts'] as const).map(what => (
          <div key={what} className="rk-form-part">
            <Choice
              id={`group-${what}`}
              label={t(`affinity:column.${what}`)}
              value={form[what]}
              onChange={value => set({ [what]: value as RuleChoice })}
              error={what === 'vms' ? problem('vms') : undefined}
              options={choices.map(value => ({ value, label: t(`affinity:choice.${what}.${value}`) }))}
            />
            <Checkbox
              id={`group-${what}-hard`}
              label={t(`affinity:hard.${what}`)}
              description={t('affinity:hint.hard')}
              isChecked={form[`${what}Hard`]}
              isDisabled={form[what] === 'none'}
              onChange={(_event, hard) => set({ [`${what}Hard`]: hard })}
            />
          </div>
        ))}
      </div>
      <Picker
        label={t('affinity:picker.vms')}
        value={form.vmIds}
        useFound={pick.vm.useFound}
        useNames={pick.vm.useNames}
        onChange={vmIds => set({ vmIds })}
      />
      <Picker
        label={t('affinity:picker.vmLabels')}
        value={form.vmLabelIds}
        useFound={pick.label.useFound}
        useNames={pick.label.useNames}
        onChange={vmLabelIds => set({ vmLabelIds })}
        hint={t('affinity:hint.vmLabels')}
      />
      {form.hosts === 'none' ? null : (
        <>
          <Picker
            label={t('affinity:picker.hosts')}
            value={form.hostIds}
            useFound={pick.host.useFound}
            useNames={pick.host.useNames}
            onChange={hostIds => set({ hostIds })}
          />
          <Picker
            label={t('affinity:picker.hostLabels')}
            value={form.hostLabelIds}
            useFound={pick.label.useFound}
            useNames={pick.label.useNames}
            onChange={hostLabelIds => set({ hostLabelIds })}
            hint={t('affinity:hint.hostLabels')}
          />
        </>
      )}
    </FormDialog>
  )
}
