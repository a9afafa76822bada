import { useTranslation } from 'react-i18next'
import { op } from '../api/client.ts'
import { useAsk } from '../api/hooks.ts'
import type { ClusterRow } from '../api/rows.ts'
import { useFormat } from '../format/index.ts'
import { Confirm } from '../templates/dialog/confirm.tsx'

/** Removes a cluster without hosts and machines; one that has some says so. */
export function RemoveCluster(p: { cluster: ClusterRow; onClose: () => void; onRemoved: () => void }) {
  const { cluster } = p
  const { t } = useTranslation('clusters')
  const { count } = useFormat()
  const { data } = useAsk('cluster.now', { ids: [cluster.id] })
  const now = data?.[0]
  const held =
    now === undefined || now.hosts + now.vms === 0
      ? undefined
      : t('remove.held', { hosts: count('host', now.hosts), vms: count('vm', now.vms) })
  return (
    <Confirm
      grade="loss"
      title={t('remove.title', { name: cluster.name })}
      verb={t('remove.verb')}
      effect={t('remove.effect')}
      type={cluster.name}
      reason={held}
      run={async () => {
        await op('cluster.remove', { id: cluster.id })
        p.onRemoved()
      }}
      onClose={p.onClose}
    />
  )
}
