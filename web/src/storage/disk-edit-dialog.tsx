import { Checkbox } from '@patternfly/react-core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { op } from '../api/client.ts'
import type { DiskRow } from '../api/rows.ts'
import { TextField } from '../templates/dialog/field.tsx'
import { FormDialog } from '../templates/dialog/form-dialog.tsx'

/** Changes what is said of a disk, and what may be done with it. */
export function EditDisk({ disk, onClose }: { disk: DiskRow; onClose: () => void }) {
  const { t } = useTranslation(['storage', 'common'])
  const [first] = useState({
    id: disk.id,
    version: disk.version,
    alias: disk.alias,
    description: disk.description,
    shareable: disk.shareable,
    wipe: disk.wipeAfterDelete,
  })
  const [draft, setDraft] = useState(first)
  const [tried, setTried] = useState(false)
  const set = (part: Partial<typeof draft>) => setDraft(now => ({ ...now, ...part }))
  const missing = draft.alias.trim() === ''
  return (
    <FormDialog
      title={t('editTitle', { name: first.alias })}
      submitLabel={t('common:save')}
      dirty={JSON.stringify(draft) !== JSON.stringify(first)}
      onClose={onClose}
      submit={async () => {
        setTried(true)
        if (missing) return false
        await op('disk.update', {
          id: first.id,
          version: first.version,
          alias: draft.alias.trim(),
          description: draft.description,
          shareable: draft.shareable,
          wipeAfterDelete: draft.wipe,
        })
        onClose()
        return true
      }}
    >
      <TextField
        id="disk-alias"
        label={t('column.alias')}
        value={draft.alias}
        onChange={alias => set({ alias })}
        error={tried && missing ? t('problem.nameMissing') : undefined}
        maxLength={255}
        required
        autoFocus
      />
      <TextField
        id="disk-description"
        label={t('common:description')}
        value={draft.description}
        onChange={description => set({ description })}
      />
      <Checkbox
        id="disk-shareable"
        label={t('fact.shareable')}
        description={disk.format === 'raw' ? t('hint.shareable') : t('hint.shareableRaw')}
        isChecked={draft.shareable}
        isDisabled={disk.format !== 'raw'}
        onChange={(_event, shareable) => set({ shareable })}
      />
      <Checkbox
        id="disk-wipe"
        label={t('fact.wipe')}
        isChecked={draft.wipe}
        onChange={(_event, wipe) => set({ wipe })}
      />
    </FormDialog>
  )
}
