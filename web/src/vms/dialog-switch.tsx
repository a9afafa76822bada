import type { VmRow } from '../api/rows.ts'
import { ConfirmPower } from './confirm-power.tsx'
import { ConfirmRemove } from './confirm-remove.tsx'
import type { VmDialogName } from './dialogs.tsx'
import { MigrateDialog } from './migrate-dialog.tsx'
import { RunOnceDialog } from './run-once-dialog.tsx'

/** The dialog of that name for these VMs. */
export function VmDialogSwitch(p: {
  dialog: VmDialogName
  vms: readonly [VmRow, ...VmRow[]]
  onClose: () => void
  onRemoved: (() => void) | undefined
}) {
  const { dialog, vms, onClose } = p
  if (dialog === 'run-once') return <RunOnceDialog vm={vms[0]} onClose={onClose} />
  if (dialog === 'migrate') return <MigrateDialog vms={vms} onClose={onClose} />
  if (dialog === 'remove')
    return (
      <ConfirmRemove
        vms={vms}
        onClose={onClose}
        onDone={() => {
          onClose()
          p.onRemoved?.()
        }}
      />
    )
  return <ConfirmPower dialog={dialog} vms={vms} onClose={onClose} />
}
