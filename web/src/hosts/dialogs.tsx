import { lazy, Suspense } from 'react'
import { useAsk } from '../api/hooks.ts'
import { useDialog } from '../templates/use-dialog.ts'

// Forms come with the first one that somebody opens.
const EditHost = lazy(() => import('./edit-dialog.tsx').then(m => ({ default: m.EditHost })))
const Maintenance = lazy(() => import('./maintenance-dialog.tsx').then(m => ({ default: m.Maintenance })))

/** The dialogs of hosts that stand in the address. */
export function HostDialogs() {
  const { dialog, ids, close } = useDialog()
  const asked = dialog?.startsWith('host-') === true && ids.length > 0
  const { data: hosts } = useAsk('host.list', { ids: [...ids] }, { enabled: asked })
  const [first] = hosts ?? []
  if (!asked || hosts === undefined || first === undefined) return null
  return (
    <Suspense>
      {dialog === 'host-maintenance' ? <Maintenance hosts={hosts} onClose={close} /> : null}
      {dialog === 'host-edit' ? <EditHost host={first} onClose={close} /> : null}
    </Suspense>
  )
}
