import { Checkbox, ExpandableSection } from '@patternfly/react-core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { op, planOf } from '../api/client.ts'
import { useAsk } from '../api/hooks.ts'
import { useFormat } from '../format/index.ts'
import { Choice } from '../templates/dialog/choice.tsx'
import { TextField } from '../templates/dialog/field.tsx'
import { FormDialog } from '../templates/dialog/form-dialog.tsx'
import { diskSize, emptyDisk, inputOf, type NewDiskForm, problemsOf } from './new-disk.ts'
import { useDomainReason } from './reasons.ts'

/** Makes an empty disk. */
export function NewDisk({ storageDomainId, onClose }: { storageDomainId: string; onClose: () => void }) {
  const { t } = useTranslation(['storage', 'common'])
  const format = useFormat()
  const reason = useDomainReason()
  const [typed, setTyped] = useState<NewDiskForm>({ ...emptyDisk, storageDomainId })
  const [tried, setTried] = useState(false)
  const [more, setMore] = useState(false)
  const { data: all } = useAsk('storageDomain.list', {})
  const domains = (all ?? []).filter(domain => domain.type === 'data')
  const usable = domains.filter(domain => reason('use', domain) === undefined)
  // Until somebody chooses, it is the only one there is.
  const form = {
    ...typed,
    storageDomainId:
      typed.storageDomainId === '' && usable.length === 1 ? (usable[0]?.id ?? '') : typed.storageDomainId,
  }
  const set = (part: Partial<NewDiskForm>) => setTyped(now => ({ ...now, ...part }))
  const problems = problemsOf(form)
  const error = (field: keyof NewDiskForm) => {
    const problem = problems[field]
    return tried && problem !== undefined ? t(`problem.${problem}`) : undefined
  }
  const size = diskSize(form.size)
  return (
    <FormDialog
      title={t('newDisk')}
      submitLabel={t('create')}
      dirty={JSON.stringify(typed) !== JSON.stringify({ ...emptyDisk, storageDomainId })}
      onClose={onClose}
      plan={() => planOf('disk.add', inputOf(form))}
      submit={async () => {
        setTried(true)
        if (Object.keys(problems).length > 0) return false
        await op('disk.add', inputOf(form))
        onClose()
        return true
      }}
    >
      <TextField
        id="disk-alias"
        label={t('column.alias')}
        value={form.alias}
        onChange={alias => set({ alias })}
        error={error('alias')}
        maxLength={255}
        required
        autoFocus
      />
      <TextField
        id="disk-size"
        label={t('common:size')}
        value={form.size}
        onChange={value => set({ size: value })}
        error={error('size')}
        hint={size.problem === undefined ? t('bytes', { n: format.number(size.bytes) }) : t('hint.size')}
        required
      />
      <Choice
        id="disk-domain"
        label={t('column.domain')}
        value={form.storageDomainId}
        options={[
          { value: '', label: t('chooseDomain') },
          ...domains.map(domain => ({
            value: domain.id,
            label: t('domainFree', { name: domain.name, free: format.bytes(domain.available) }),
            reason: reason('use', domain) === undefined ? undefined : t('notActive'),
          })),
        ]}
        onChange={next => set({ storageDomainId: next })}
        error={error('storageDomainId')}
        required
      />
      <Choice
        id="disk-allocation"
        label={t('fact.allocation')}
        value={form.allocation}
        options={(['thin', 'preallocated'] as const).map(value => ({ value, label: t(`allocation.${value}`) }))}
        onChange={value => set({ allocation: value === 'thin' ? 'thin' : 'preallocated' })}
        hint={t(`hint.${form.allocation}`)}
      />
      <ExpandableSection
        toggleText={t('common:moreOptions')}
        isExpanded={more}
        onToggle={(_event, next) => setMore(next)}
        isIndented
      >
        <TextField
          id="disk-description"
          label={t('common:description')}
          value={form.description}
          onChange={description => set({ description })}
        />
        <Checkbox
          id="disk-shareable"
          label={t('fact.shareable')}
          description={form.allocation === 'preallocated' ? t('hint.shareable') : t('hint.shareableRaw')}
          isChecked={form.shareable && form.allocation === 'preallocated'}
          isDisabled={form.allocation !== 'preallocated'}
          onChange={(_event, shareable) => set({ shareable })}
        />
        <Checkbox
          id="disk-wipe"
          label={t('fact.wipe')}
          isChecked={form.wipe}
          onChange={(_event, wipe) => set({ wipe })}
        />
      </ExpandableSection>
    </FormDialog>
  )
}
