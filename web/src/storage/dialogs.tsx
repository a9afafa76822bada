import { useAsk } from '../api/hooks.ts'
import { useDialog } from '../templates/use-dialog.ts'
import { DomainMaintenance } from './domain-maintenance-dialog.tsx'
import { EditDisk } from './disk-edit-dialog.tsx'
import { EditDomain } from './domain-edit-dialog.tsx'
import { NewDisk } from './disk-new-dialog.tsx'
import { RemoveDisks } from './disk-remove-dialog.tsx'
import { ResizeDisk } from './disk-resize-dialog.tsx'

/** The dialogs of storage domains and disks that stand in the address. `onRemoved`: what was shown is being removed. */
export function StorageDialogs({ onRemoved }: { onRemoved?: () => void }) {
  const { dialog, ids, close } = useDialog()
  const ofDomains = dialog?.startsWith('domain-') === true && ids.length > 0
  const ofDisks = dialog !== 'disk-new' && dialog?.startsWith('disk-') === true && ids.length > 0
  const { data: domains } = useAsk('storageDomain.list', { ids: [...ids] }, { enabled: ofDomains })
  const { data: disks } = useAsk('disk.list', { ids: [...ids] }, { enabled: ofDisks })
  if (dialog === 'disk-new') return <NewDisk storageDomainId={ids[0] ?? ''} onClose={close} />
  const [domain] = ofDomains ? (domains ?? []) : []
  const [disk] = ofDisks ? (disks ?? []) : []
  if (domain !== undefined && domains !== undefined) {
    if (dialog === 'domain-maintenance') return <DomainMaintenance domains={domains} onClose={close} />
    if (dialog === 'domain-edit') return <EditDomain domain={domain} onClose={close} />
  }
  if (disk !== undefined && disks !== undefined) {
    if (dialog === 'disk-edit') return <EditDisk disk={disk} onClose={close} />
    if (dialog === 'disk-resize') return <ResizeDisk disk={disk} onClose={close} />
    if (dialog === 'disk-remove') return <RemoveDisks disks={disks} onClose={close} onRemoved={onRemoved ?? close} />
  }
  return null
}
