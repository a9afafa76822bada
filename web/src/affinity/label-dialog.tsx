import { Checkbox } from '@patternfly/react-core'
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { op } from '../api/client.ts'
import type { AffinityLabelRow } from '../api/rows.ts'
import { TextField } from '../templates/dialog/field.tsx'
import { FormDialog } from '../templates/dialog/form-dialog.tsx'
import { Picker } from '../templates/dialog/picker.tsx'
import { difference } from './group-form.ts'
import { pickersOf } from './pickers.ts'
import './affinity.css'

/** Labels reach over all clusters. */
const pick = pickersOf(undefined)

/** A new affinity label, or what an existing one says and who carries it. */
export function LabelDialog({ label, onClose }: { label?: AffinityLabelRow; onClose: () => void }) {
  const { t } = useTranslation(['affinity', 'common'])
  const [seen] = useState(label)
  const [before] = useState({
    name: seen?.name ?? '',
    description: seen?.description ?? '',
    implicitGroup: seen?.implicitGroup ?? true,
    vmIds: seen?.vmIds ?? ([] as readonly string[]),
    hostIds: seen?.hostIds ?? ([] as readonly string[]),
  })
  const [form, setForm] = useState(before)
  const [tried, setTried] = useState(false)
  const set = (change: Partial<typeof form>) => setForm(now => ({ ...now, ...change }))
  const done = useRef({ id: seen?.id, vm: new Set(before.vmIds), host: new Set(before.hostIds) })
  const missing = form.name.trim() === ''
  const submit = async () => {
    setTried(true)
    if (missing) return false
    const said = { name: form.name.trim(), description: form.description, implicitGroup: form.implicitGroup }
    const changed =
      said.name !== before.name ||
      said.description !== before.description ||
      said.implicitGroup !== before.implicitGroup
    // Several operations: what is done stays done when a later one is refused, and is not asked for again.
    const id = done.current.id ?? (await op('affinityLabel.add', said)).id
    done.current.id = id
    if (seen !== undefined && changed) await op('affinityLabel.update', { id, version: seen.version, ...said })
    for (const kind of ['vm', 'host'] as const) {
      const { add, remove } = difference([...done.current[kind]], form[`${kind}Ids`])
      for (const memberId of add) {
        await op('affinityLabel.assign', { id, kind, memberId })
        done.current[kind].add(memberId)
      }
      for (const memberId of remove) {
        await op('affinityLabel.unassign', { id, kind, memberId })
        done.current[kind].delete(memberId)
      }
    }
    onClose()
    return true
  }
  return (
    <FormDialog
      wide
      title={seen === undefined ? t('affinity:label.new') : t('affinity:editOf', { name: seen.name })}
      submitLabel={seen === undefined ? t('affinity:create') : t('common:save')}
      dirty={JSON.stringify(form) !== JSON.stringify(before)}
      submit={submit}
      onClose={onClose}
    >
      <TextField
        id="label-name"
        label={t('common:name')}
        value={form.name}
        onChange={name => set({ name })}
        error={tried && missing ? t('affinity:problem.nameMissing') : undefined}
        maxLength={255}
        required
        autoFocus
      />
      <TextField
        id="label-description"
        label={t('common:description')}
        value={form.description}
        onChange={description => set({ description })}
      />
      <Checkbox
        id="label-implicit"
        label={t('affinity:label.implicit')}
        description={t('affinity:label.implicitHint')}
        isChecked={form.implicitGroup}
        onChange={(_event, implicitGroup) => set({ implicitGroup })}
      />
      <Picker
        label={t('affinity:picker.vms')}
        value={form.vmIds}
        useFound={pick.vm.useFound}
        useNames={pick.vm.useNames}
        onChange={vmIds => set({ vmIds })}
      />
      <Picker
        label={t('affinity:picker.hosts')}
        value={form.hostIds}
        useFound={pick.host.useFound}
        useNames={pick.host.useNames}
        onChange={hostIds => set({ hostIds })}
      />
    </FormDialog>
  )
}
