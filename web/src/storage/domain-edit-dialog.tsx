import { Checkbox } from '@patternfly/react-core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { op } from '../api/client.ts'
import type { StorageDomainRow } from '../api/rows.ts'
import { TextField } from '../templates/dialog/field.tsx'
import { FormDialog } from '../templates/dialog/form-dialog.tsx'
import { wholeNumber } from './whole-number.ts'

/** Changes what is said of a storage domain, and when it counts as full. */
export function EditDomain({ domain, onClose }: { domain: StorageDomainRow; onClose: () => void }) {
  const { t } = useTranslation(['storage', 'common'])
  const [first] = useState({
    id: domain.id,
    version: domain.version,
    name: domain.name,
    description: domain.description,
    comment: domain.comment,
    warning: String(domain.warningLowSpace),
    critical: String(domain.criticalSpaceGib),
    wipe: domain.wipeAfterDelete,
    discard: domain.discardAfterDelete,
  })
  const [draft, setDraft] = useState(first)
  const [tried, setTried] = useState(false)
  const set = (part: Partial<typeof draft>) => setDraft(now => ({ ...now, ...part }))
  const warning = wholeNumber(draft.warning, 0, 100)
  const critical = wholeNumber(draft.critical, 0, 1_000_000)
  const errors = {
    name:
      draft.name === ''
        ? t('problem.nameMissing')
        : /^[A-Za-z0-9_-]{1,50}$/.test(draft.name)
          ? undefined
          : t('problem.domainName'),
    warning: warning === undefined ? t('problem.percent') : undefined,
    critical: critical === undefined ? t('problem.gib') : undefined,
  }
  const said = (error: string | undefined) => (tried ? error : undefined)
  return (
    <FormDialog
      title={t('editTitle', { name: first.name })}
      submitLabel={t('common:save')}
      dirty={JSON.stringify(draft) !== JSON.stringify(first)}
      onClose={onClose}
      submit={async () => {
        setTried(true)
        if (Object.values(errors).some(error => error !== undefined)) return false
        await op('storageDomain.update', {
          id: first.id,
          version: first.version,
          name: draft.name,
          description: draft.description,
          comment: draft.comment,
          wipeAfterDelete: draft.wipe,
          discardAfterDelete: draft.discard,
          ...(warning === undefined ? {} : { warningLowSpace: warning }),
          ...(critical === undefined ? {} : { criticalSpaceGib: critical }),
        })
        onClose()
        return true
      }}
    >
      <TextField
        id="domain-name"
        label={t('common:name')}
        value={draft.name}
        onChange={name => set({ name })}
        error={said(errors.name)}
        hint={t('problem.domainName')}
        required
        autoFocus
      />
      <TextField
        id="domain-description"
        label={t('common:description')}
        value={draft.description}
        onChange={description => set({ description })}
      />
      <TextField
        id="domain-comment"
        label={t('common:comment')}
        value={draft.comment}
        onChange={comment => set({ comment })}
      />
      <div className="rk-pair">
        <TextField
          id="domain-warning"
          label={t('field.warning')}
          value={draft.warning}
          onChange={value => set({ warning: value })}
          error={said(errors.warning)}
        />
        <TextField
          id="domain-critical"
          label={t('field.critical')}
          value={draft.critical}
          onChange={value => set({ critical: value })}
          error={said(errors.critical)}
        />
      </div>
      <Checkbox
        id="domain-wipe"
        label={t('fact.wipe')}
        isChecked={draft.wipe}
        onChange={(_event, wipe) => set({ wipe })}
      />
      <Checkbox
        id="domain-discard"
        label={t('fact.discard')}
        isChecked={draft.discard}
        onChange={(_event, discard) => set({ discard })}
      />
    </FormDialog>
  )
}
