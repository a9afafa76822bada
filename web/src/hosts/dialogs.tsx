import { useAsk } from '../api/hooks.ts'
import { useDialog } from '../templates/use-dialog.ts'
import { EditHost } from './edit-dialog.tsx'
import { Maintenance } from './maintenance-dialog.tsx'

/** The dialogs of hosts that stand in the address. */
export function HostDialogs() {
  const { dialog, ids, close } = useDialog()
  const asked = dialog?.startsWith('host-') === true && ids.length > 0
  const { data: hosts } = useAsk('host.list', { ids: [...ids] }, { enabled: asked })
  const [first] = hosts ?? []
  if (!asked || hosts === undefined || first === undefined) return null
  if (dialog === 'host-maintenance') return <Maintenance hosts={hosts} onClose={close} />
  if (dialog === 'host-edit') return <EditHost host={first} onClose={close} />
  return null
}
