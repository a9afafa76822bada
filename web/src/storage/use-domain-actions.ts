import { useTranslation } from 'react-i18next'
import { op } from '../api/client.ts'
import type { StorageDomainRow } from '../api/rows.ts'
import type { ActionItem } from '../templates/actions.ts'
import { bulkAction, withEach } from '../templates/bulk.ts'
import { useNotes } from '../templates/notes.tsx'
import { useDialog } from '../templates/use-dialog.ts'
import { useDomainReason } from './reasons.ts'

/** What can be done with one storage domain, or with several at once. */
export function useDomainActions(): (domains: readonly StorageDomainRow[]) => readonly ActionItem[] {
  const { t } = useTranslation('storage')
  const reason = useDomainReason()
  const { open } = useDialog()
  const notes = useNotes()
  return domains => {
    const [only] = domains
    if (only === undefined) return []
    const many = domains.length > 1
    const action = (key: 'activate' | 'maintenance', run: (able: readonly StorageDomainRow[]) => void) =>
      bulkAction({
        key,
        rows: domains,
        label: n => (many ? t(`forSome.${key}`, { n }) : t(`action.${key}`)),
        reason: domain => reason(key, domain),
        noneCan: t('noneCan'),
        run,
      })
    return [
      action(
        'activate',
        able =>
          void withEach(
            able,
            domain => op('storageDomain.activate', { id: domain.id }),
            notes,
            domain => t('failed', { name: domain.name }),
          ),
      ),
      action('maintenance', able =>
        open(
          'domain-maintenance',
          able.map(domain => domain.id),
        ),
      ),
      ...(many
        ? []
        : [
            {
              key: 'new-disk',
              label: t('action.newDisk'),
              reason: only.type === 'data' ? reason('use', only) : t('dataOnly'),
              run: () => open('disk-new', [only.id]),
            },
            { key: 'edit', label: t('action.edit'), run: () => open('domain-edit', [only.id]) },
          ]),
    ]
  }
}
