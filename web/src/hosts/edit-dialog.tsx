import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { op } from '../api/client.ts'
import type { HostRow } from '../api/rows.ts'
import { Choice } from '../templates/dialog/choice.tsx'
import { TextField } from '../templates/dialog/field.tsx'
import { FormDialog } from '../templates/dialog/form-dialog.tsx'

/** The priorities of `host.update`; -1 never becomes SPM. */
const priorities = ['-1', '1', '5', '10'] as const

/** Changes what is said of a host, and how gladly it becomes SPM. */
export function EditHost({ host, onClose }: { host: HostRow; onClose: () => void }) {
  const { t } = useTranslation(['hosts', 'common'])
  const [first] = useState(host)
  const [draft, setDraft] = useState({
    name: first.name,
    description: first.description,
    comment: first.comment,
    spmPriority: String(first.spmPriority),
  })
  const [tried, setTried] = useState(false)
  const set = (part: Partial<typeof draft>) => setDraft(now => ({ ...now, ...part }))
  const dirty =
    draft.name !== first.name ||
    draft.description !== first.description ||
    draft.comment !== first.comment ||
    draft.spmPriority !== String(first.spmPriority)
  const missing = draft.name.trim() === ''
  const shown = priorities.some(one => one === draft.spmPriority) ? priorities : [draft.spmPriority, ...priorities]
  return (
    <FormDialog
      title={t('edit.title', { name: first.name })}
      submitLabel={t('common:save')}
      dirty={dirty}
      onClose={onClose}
      submit={async () => {
        setTried(true)
        if (missing) return false
        await op('host.update', {
          id: first.id,
          version: first.version,
          name: draft.name.trim(),
          description: draft.description,
          comment: draft.comment,
          spmPriority: Number(draft.spmPriority),
        })
        onClose()
        return true
      }}
    >
      <TextField
        id="host-name"
        label={t('common:name')}
        value={draft.name}
        onChange={name => set({ name })}
        error={tried && missing ? t('edit.nameMissing') : undefined}
        maxLength={255}
        required
        autoFocus
      />
      <TextField
        id="host-description"
        label={t('common:description')}
        value={draft.description}
        onChange={description => set({ description })}
      />
      <TextField
        id="host-comment"
        label={t('common:comment')}
        value={draft.comment}
        onChange={comment => set({ comment })}
      />
      <Choice
        id="host-spm"
        label={t('fact.spmPriority')}
        value={draft.spmPriority}
        options={shown.map(value => ({
          value,
          label: priorities.some(one => one === value) ? t(`priority.${value as '1'}`) : value,
        }))}
        onChange={spmPriority => set({ spmPriority })}
        hint={t('edit.spmHint')}
      />
    </FormDialog>
  )
}
