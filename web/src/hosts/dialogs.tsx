import { lazy, Suspense } from 'react'
import { useAsk } from '../api/hooks.ts'
import { useDialog } from '../templates/use-dialog.ts'

// Forms come with the first one that somebody opens.
const AddHost = lazy(() => import('./add-dialog.tsx').then(m => ({ default: m.AddHost })))
const AgentDialog = lazy(() => import('./agent-dialog.tsx').then(m => ({ default: m.AgentDialog })))
const ConfirmRebooted = lazy(() => import('./confirm-dialogs.tsx').then(m => ({ default: m.ConfirmRebooted })))
const EditHost = lazy(() => import('./edit-dialog.tsx').then(m => ({ default: m.EditHost })))
const EditPower = lazy(() => import('./power-dialog.tsx').then(m => ({ default: m.EditPower })))
const InstallHost = lazy(() => import('./install-dialog.tsx').then(m => ({ default: m.InstallHost })))
const Maintenance = lazy(() => import('./maintenance-dialog.tsx').then(m => ({ default: m.Maintenance })))
const RemoveHosts = lazy(() => import('./confirm-dialogs.tsx').then(m => ({ default: m.RemoveHosts })))
const SwitchPower = lazy(() => import('./confirm-dialogs.tsx').then(m => ({ default: m.SwitchPower })))

/** The dialogs of hosts that stand in the address. `onRemoved`: what was shown is gone. */
export function HostDialogs({ onRemoved }: { onRemoved?: () => void }) {
  const { dialog, ids, close } = useDialog()
  const ofHosts = dialog?.startsWith('host-') === true && dialog !== 'host-add'
  const hostIds = dialog === 'host-agent' ? ids.slice(0, 1) : ids
  const asked = ofHosts && hostIds.length > 0
  const { data: hosts } = useAsk('host.list', { ids: [...hostIds] }, { enabled: asked })
  const agentId = dialog === 'host-agent' ? ids[1] : undefined
  const { data: agents } = useAsk(
    'fenceAgent.list',
    { ids: agentId === undefined ? [] : [agentId] },
    { enabled: agentId !== undefined },
  )
  if (dialog === 'host-add')
    return (
      <Suspense>
        <AddHost clusterId={ids[0] ?? ''} onClose={close} />
      </Suspense>
    )
  const [first] = hosts ?? []
  if (!asked || hosts === undefined || first === undefined) return null
  const agent = agents?.[0]
  return (
    <Suspense>
      {dialog === 'host-maintenance' ? <Maintenance hosts={hosts} onClose={close} /> : null}
      {dialog === 'host-edit' ? <EditHost host={first} onClose={close} /> : null}
      {dialog === 'host-install' ? <InstallHost host={first} onClose={close} /> : null}
      {dialog === 'host-power' ? <EditPower host={first} onClose={close} /> : null}
      {dialog === 'host-agent' && agentId === undefined ? (
        <AgentDialog hostId={first.id} hostName={first.name} onClose={close} />
      ) : null}
      {dialog === 'host-agent' && agent !== undefined ? (
        <AgentDialog hostId={first.id} hostName={first.name} agent={agent} onClose={close} />
      ) : null}
      {dialog === 'host-confirm' ? <ConfirmRebooted host={first} onClose={close} /> : null}
      {dialog === 'host-restart' ? <SwitchPower host={first} how="restart" onClose={close} /> : null}
      {dialog === 'host-off' ? <SwitchPower host={first} how="stop" onClose={close} /> : null}
      {dialog === 'host-remove' ? <RemoveHosts hosts={hosts} onClose={close} onRemoved={onRemoved ?? close} /> : null}
    </Suspense>
  )
}
