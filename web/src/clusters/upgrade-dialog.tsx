import { useTranslation } from 'react-i18next'
import { op } from '../api/client.ts'
import type { ClusterRow } from '../api/rows.ts'
import { paths } from '../paths.ts'
import { Confirm } from '../templates/dialog/confirm.tsx'
import { useGo } from '../templates/go.tsx'

/** Brings every host of a cluster the agent of this engine, one after the other; the cluster's page shows how far it is. */
export function UpgradeCluster({ cluster, onClose }: { cluster: ClusterRow; onClose: () => void }) {
  const { t } = useTranslation('clusters')
  const go = useGo()
  return (
    <Confirm
      grade="time"
      title={t('upgrade.title', { name: cluster.name })}
      verb={t('upgrade.verb')}
      effect={t('upgrade.effect')}
      reason={cluster.upgrading ? t('upgrade.running') : undefined}
      run={async () => {
        await op('cluster.upgrade', { id: cluster.id })
        go(paths.cluster(cluster.id), { replace: true })
      }}
      onClose={onClose}
    />
  )
}
