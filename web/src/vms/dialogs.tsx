import { lazy, Suspense } from 'react'
import { useAsk } from '../api/hooks.ts'
import { useDialog } from '../templates/use-dialog.ts'

/** The dialogs of VMs that an address can name. */
const names = ['run-once', 'shut-down', 'reboot', 'power-off', 'reset', 'remove', 'migrate'] as const
export type VmDialogName = (typeof names)[number]

// Forms and confirmations come with the first one that somebody opens.
const Switch = lazy(() => import('./dialog-switch.tsx').then(m => ({ default: m.VmDialogSwitch })))

/** The dialog of VMs that the address names, on whichever page it is. */
export function VmDialogs({ onRemoved }: { onRemoved?: () => void }) {
  const { dialog, ids, close } = useDialog()
  const name = names.find(one => one === dialog)
  const { data: vms } = useAsk('vm.list', { ids: [...ids] }, { enabled: name !== undefined && ids.length > 0 })
  const [first, ...more] = vms ?? []
  if (name === undefined || first === undefined) return null
  return (
    <Suspense>
      <Switch dialog={name} vms={[first, ...more]} onClose={close} onRemoved={onRemoved} />
    </Suspense>
  )
}
