import { useTranslation } from 'react-i18next'
import type { ClusterRow } from '../api/rows.ts'
import type { ActionItem } from '../templates/actions.ts'
import { useDialog } from '../templates/use-dialog.ts'

/** What can be done with one cluster. Several at once have nothing in common that would be done to all. */
export function useClusterActions(): (clusters: readonly ClusterRow[]) => readonly ActionItem[] {
  const { t } = useTranslation('clusters')
  const { open } = useDialog()
  return clusters => {
    const [only, ...more] = clusters
    if (only === undefined) return []
    const reason = more.length > 0 ? t('oneOnly') : undefined
    return [
      { key: 'edit', label: t('action.edit'), reason, run: () => open('cluster-edit', [only.id, 'general']) },
      {
        key: 'upgrade',
        label: t('action.upgrade'),
        reason: reason ?? (only.upgrading ? t('upgrade.running') : undefined),
        run: () => open('cluster-upgrade', [only.id]),
      },
      { key: 'remove', label: t('action.remove'), reason, danger: true, run: () => open('cluster-remove', [only.id]) },
    ]
  }
}
