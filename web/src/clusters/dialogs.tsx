import { lazy, Suspense } from 'react'
import { useAsk } from '../api/hooks.ts'
import { useDialog } from '../templates/use-dialog.ts'
import { groups } from './cluster-form.ts'

// Forms come with the first one that somebody opens.
const NewCluster = lazy(() => import('./new-dialog.tsx').then(m => ({ default: m.NewCluster })))
const EditCluster = lazy(() => import('./edit-dialog.tsx').then(m => ({ default: m.EditCluster })))
const UpgradeCluster = lazy(() => import('./upgrade-dialog.tsx').then(m => ({ default: m.UpgradeCluster })))
const RemoveCluster = lazy(() => import('./remove-dialog.tsx').then(m => ({ default: m.RemoveCluster })))

/** The dialogs of clusters that stand in the address. `onRemoved`: what was shown is gone. */
export function ClusterDialogs({ onRemoved }: { onRemoved?: () => void }) {
  const { dialog, ids, close } = useDialog()
  const [id, part] = ids
  const asked =
    (dialog === 'cluster-edit' || dialog === 'cluster-upgrade' || dialog === 'cluster-remove') && id !== undefined
  const { data: clusters } = useAsk('cluster.list', { ids: [id ?? ''] }, { enabled: asked })
  const cluster = asked ? clusters?.[0] : undefined
  return (
    <Suspense>
      {dialog === 'cluster-new' ? <NewCluster onClose={close} /> : null}
      {cluster !== undefined && dialog === 'cluster-edit' ? (
        <EditCluster cluster={cluster} part={groups.find(one => one === part) ?? 'general'} onClose={close} />
      ) : null}
      {cluster !== undefined && dialog === 'cluster-upgrade' ? (
        <UpgradeCluster cluster={cluster} onClose={close} />
      ) : null}
      {cluster !== undefined && dialog === 'cluster-remove' ? (
        <RemoveCluster cluster={cluster} onClose={close} onRemoved={onRemoved ?? close} />
      ) : null}
    </Suspense>
  )
}
