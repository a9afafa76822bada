import { lazy, Suspense } from 'react'
import { useAsk } from '../api/hooks.ts'
import { useDialog } from '../templates/use-dialog.ts'

// Forms come with the first one that somebody opens.
const DomainMaintenance = lazy(() =>
  import('./domain-maintenance-dialog.tsx').then(m => ({ default: m.DomainMaintenance })),
)
const EditDisk = lazy(() => import('./disk-edit-dialog.tsx').then(m => ({ default: m.EditDisk })))
const EditDomain = lazy(() => import('./domain-edit-dialog.tsx').then(m => ({ default: m.EditDomain })))
const NewDisk = lazy(() => import('./disk-new-dialog.tsx').then(m => ({ default: m.NewDisk })))
const RemoveDisks = lazy(() => import('./disk-remove-dialog.tsx').then(m => ({ default: m.RemoveDisks })))
const ResizeDisk = lazy(() => import('./disk-resize-dialog.tsx').then(m => ({ default: m.ResizeDisk })))

/** The dialogs of storage domains and disks that stand in the address. `onRemoved`: what was shown is being removed. */
export function StorageDialogs({ onRemoved }: { onRemoved?: () => void }) {
  const { dialog, ids, close } = useDialog()
  const ofDomains = dialog?.startsWith('domain-') === true && ids.length > 0
  const ofDisks = dialog !== 'disk-new' && dialog?.startsWith('disk-') === true && ids.length > 0
  const { data: domains } = useAsk('storageDomain.list', { ids: [...ids] }, { enabled: ofDomains })
  const { data: disks } = useAsk('disk.list', { ids: [...ids] }, { enabled: ofDisks })
  const [domain] = ofDomains ? (domains ?? []) : []
  const [disk] = ofDisks ? (disks ?? []) : []
  return (
    <Suspense>
      {dialog === 'disk-new' ? <NewDisk storageDomainId={ids[0] ?? ''} onClose={close} /> : null}
      {domain !== undefined && domains !== undefined && dialog === 'domain-maintenance' ? (
        <DomainMaintenance domains={domains} onClose={close} />
      ) : null}
      {domain !== undefined && dialog === 'domain-edit' ? <EditDomain domain={domain} onClose={close} /> : null}
      {disk !== undefined && dialog === 'disk-edit' ? <EditDisk disk={disk} onClose={close} /> : null}
      {disk !== undefined && dialog === 'disk-resize' ? <ResizeDisk disk={disk} onClose={close} /> : null}
      {disk !== undefined && disks !== undefined && dialog === 'disk-remove' ? (
        <RemoveDisks disks={disks} onClose={close} onRemoved={onRemoved ?? close} />
      ) : null}
    </Suspense>
  )
}
