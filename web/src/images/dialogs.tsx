import { lazy, Suspense } from 'react'
import { useTranslation } from 'react-i18next'
import { op } from '../api/client.ts'
import { useAsk } from '../api/hooks.ts'
import type { DiskRow } from '../api/rows.ts'
import { useFormat } from '../format/index.ts'
import { Confirm } from '../templates/dialog/confirm.tsx'
import { Name } from '../templates/name.tsx'
import { useDialog } from '../templates/use-dialog.ts'
import { useTransfers } from './columns.tsx'

// The form comes with the first interrupted upload that somebody continues.
const ResumeDialog = lazy(() => import('./resume-dialog.tsx').then(m => ({ default: m.ResumeDialog })))

/** The dialogs of the images page that stand in the address. */
export function ImageDialogs() {
  const { dialog, ids, close } = useDialog()
  const { data: disks } = useAsk('disk.list', { ids: [...ids] }, { enabled: dialog !== undefined && ids.length > 0 })
  const { transfers } = useTransfers()
  const first = disks?.[0]
  if (first === undefined) return null
  const transfer = transfers.get(first.id)
  if (dialog === 'continue' && transfer !== undefined)
    return (
      <Suspense>
        <ResumeDialog disk={first} transfer={transfer} onClose={close} />
      </Suspense>
    )
  if (dialog === 'remove') return <RemoveDialog disks={disks ?? []} onClose={close} />
  return null
}

function RemoveDialog({ disks, onClose }: { disks: readonly DiskRow[]; onClose: () => void }) {
  const { t } = useTranslation('images')
  const { absolute, bytes, count } = useFormat()
  const [first] = disks
  const one = disks.length === 1 && first !== undefined
  return (
    <Confirm
      grade="loss"
      title={
        one
          ? t('removeDialog.title', { name: first.alias })
          : t('removeDialog.titleMany', { images: count('image', disks.length) })
      }
      verb={t('removeDialog.verb')}
      effect={t('removeDialog.effect')}
      lost={disks.map(disk => (
        <>
          <Name text={disk.alias} /> · {bytes(disk.capacity)} · {absolute(disk.createdAt)}
        </>
      ))}
      type={one ? first.alias : String(disks.length)}
      onClose={onClose}
      run={async () => {
        for (const disk of disks) await op('disk.remove', { id: disk.id })
        onClose()
      }}
    />
  )
}
