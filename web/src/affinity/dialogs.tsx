import { lazy, Suspense } from 'react'
import { useAsk } from '../api/hooks.ts'
import { useDialog } from '../templates/use-dialog.ts'

// Forms come with the first one that somebody opens.
const GroupDialog = lazy(() => import('./group-dialog.tsx').then(m => ({ default: m.GroupDialog })))
const LabelDialog = lazy(() => import('./label-dialog.tsx').then(m => ({ default: m.LabelDialog })))
const RemoveAffinity = lazy(() => import('./remove-dialog.tsx').then(m => ({ default: m.RemoveAffinity })))

/** The dialogs of affinity groups and labels that stand in the address. */
export function AffinityDialogs() {
  const { dialog, ids, close } = useDialog()
  const [id = ''] = ids
  const ofGroup = dialog === 'group-edit' || dialog === 'group-remove'
  const ofLabel = dialog === 'label-edit' || dialog === 'label-remove'
  const { data: groups } = useAsk('affinityGroup.list', { ids: [id] }, { enabled: ofGroup && id !== '' })
  const { data: labels } = useAsk('affinityLabel.list', { ids: [id] }, { enabled: ofLabel && id !== '' })
  const group = ofGroup ? groups?.[0] : undefined
  const label = ofLabel ? labels?.[0] : undefined
  return (
    <Suspense>
      {dialog === 'group-new' ? <GroupDialog clusterId={id} onClose={close} /> : null}
      {group !== undefined && dialog === 'group-edit' ? (
        <GroupDialog clusterId={group.clusterId} group={group} onClose={close} />
      ) : null}
      {group !== undefined && dialog === 'group-remove' ? (
        <RemoveAffinity kind="group" it={group} onClose={close} />
      ) : null}
      {dialog === 'label-new' ? <LabelDialog onClose={close} /> : null}
      {label !== undefined && dialog === 'label-edit' ? <LabelDialog label={label} onClose={close} /> : null}
      {label !== undefined && dialog === 'label-remove' ? (
        <RemoveAffinity kind="label" it={label} onClose={close} />
      ) : null}
    </Suspense>
  )
}
