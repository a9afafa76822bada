import { useAsk } from '../api/hooks.ts'
import { useDialog } from '../templates/use-dialog.ts'
import { ConfirmPower, type PowerDialog } from './confirm-power.tsx'
import { ConfirmRemove } from './confirm-remove.tsx'
import { RunOnceDialog } from './run-once-dialog.tsx'

const power: readonly string[] = ['shut-down', 'reboot', 'power-off', 'reset'] satisfies PowerDialog[]

/** The dialog of VMs that the address names, on whichever page it is. */
export function VmDialogs({ onRemoved }: { onRemoved?: () => void }) {
  const { dialog, ids, close } = useDialog()
  const known = dialog !== undefined && (power.includes(dialog) || ['remove', 'run-once'].includes(dialog))
  const { data: vms } = useAsk('vm.list', { ids: [...ids] }, { enabled: known && ids.length > 0 })
  const [first] = vms ?? []
  if (!known || vms === undefined || first === undefined) return null
  if (dialog === 'run-once') return <RunOnceDialog vm={first} onClose={close} />
  if (dialog === 'remove')
    return (
      <ConfirmRemove
        vms={vms}
        onClose={close}
        onDone={() => {
          close()
          onRemoved?.()
        }}
      />
    )
  return <ConfirmPower dialog={dialog as PowerDialog} vms={vms} onClose={close} />
}
