import { diskCan, transferCan } from '@rookery/model'
import { useTranslation } from 'react-i18next'
import { toApiError } from '../api/error.ts'
import { op } from '../api/client.ts'
import type { DiskRow } from '../api/rows.ts'
import { paths } from '../paths.ts'
import { useStatusWord } from '../status/index.ts'
import type { ActionItem } from '../templates/actions.ts'
import { useGo } from '../templates/go.tsx'
import { useNotes } from '../templates/notes.tsx'
import { useDialog } from '../templates/use-dialog.ts'
import { useTransfers } from './columns.tsx'

/** What can be done with images. */
export function useImageActions(): (rows: readonly DiskRow[]) => readonly ActionItem[] {
  const { t } = useTranslation('images')
  const word = useStatusWord()
  const go = useGo()
  const notes = useNotes()
  const { open } = useDialog()
  const { transfers, uploads } = useTransfers()
  return rows => {
    const [only, ...others] = rows
    if (only === undefined) return []
    const one = others.length === 0
    const oneOnly = one ? undefined : t('reason.one')
    const transfer = one ? transfers.get(only.id) : undefined
    const upload = one ? uploads.get(only.id) : undefined
    const mine = upload !== undefined && !['done', 'failed', 'cancelled'].includes(upload.get().phase)
    const stuck = rows.find(row => !diskCan.remove.from.includes(row.status))
    const used = diskCan.use.from.includes(only.status)
      ? undefined
      : t('reason.notReady', { status: word('disk', only.status) })
    const cancel = () => {
      if (mine) return void upload.cancel()
      if (transfer === undefined) return
      op('imageTransfer.cancel', { id: transfer.id }).catch((error: unknown) =>
        notes.failed(t('cancelFailed', { name: only.alias }), toApiError(error)),
      )
    }
    return [
      {
        key: 'machine',
        label: t('action.machine'),
        reason: oneOnly ?? used,
        run: () => go(paths.newVm(only.contentType === 'iso' ? { iso: only.id } : { disk: only.id })),
      },
      {
        key: 'continue',
        label: t('action.continue'),
        reason: oneOnly ?? (transfer === undefined ? t('reason.noUpload') : mine ? t('reason.mine') : undefined),
        run: () => open('continue', [only.id]),
      },
      {
        key: 'cancel',
        label: t('action.cancel'),
        reason:
          oneOnly ??
          (transfer === undefined || !transferCan.cancel.from.includes(transfer.phase)
            ? t('reason.noUpload')
            : undefined),
        danger: true,
        run: cancel,
      },
      {
        key: 'remove',
        label: t('action.remove'),
        danger: true,
        reason: stuck === undefined ? undefined : t('reason.notReady', { status: word('disk', stuck.status) }),
        run: () =>
          open(
            'remove',
            rows.map(row => row.id),
          ),
      },
    ]
  }
}
