import { useTranslation } from 'react-i18next'
import { op } from '../api/client.ts'
import type { HostRow } from '../api/rows.ts'
import type { ActionItem } from '../templates/actions.ts'
import { bulkAction, withEach } from '../templates/bulk.ts'
import { useNotes } from '../templates/notes.tsx'
import { useDialog } from '../templates/use-dialog.ts'
import { type HostAction, useHostReason } from './reasons.ts'

/** What can be done with one host, or with several at once. */
export function useHostActions(): (hosts: readonly HostRow[]) => readonly ActionItem[] {
  const { t } = useTranslation('hosts')
  const reason = useHostReason()
  const { open } = useDialog()
  const notes = useNotes()
  return hosts => {
    const [only] = hosts
    if (only === undefined) return []
    const many = hosts.length > 1
    const action = (key: HostAction, run: (able: readonly HostRow[]) => void) =>
      bulkAction({
        key,
        rows: hosts,
        label: n => (many ? t(`forSome.${key}`, { n }) : t(`action.${key}`)),
        reason: host => reason(key, host),
        noneCan: t('noneCan'),
        run,
      })
    const each = (name: 'host.activate' | 'host.refresh') => (able: readonly HostRow[]) =>
      void withEach(
        able,
        host => op(name, { id: host.id }),
        notes,
        host => t('failed', { name: host.name }),
      )
    return [
      action('activate', each('host.activate')),
      action('maintenance', able =>
        open(
          'host-maintenance',
          able.map(host => host.id),
        ),
      ),
      action('refresh', each('host.refresh')),
      ...(many ? [] : [{ key: 'edit', label: t('action.edit'), run: () => open('host-edit', [only.id]) }]),
    ]
  }
}
