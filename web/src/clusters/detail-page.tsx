import { useParams } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { useTranslation } from 'react-i18next'
import { useAsk } from '../api/hooks.ts'
import { EventFeed } from '../events/event-feed.tsx'
import { type ClusterTab, clusterTabs, paths } from '../paths.ts'
import { Detail } from '../templates/detail/detail.tsx'
import { Gone } from '../templates/detail/gone.tsx'
import { useGo } from '../templates/go.tsx'
import { Name } from '../templates/name.tsx'
import { Problem } from '../templates/problem.tsx'
import { ClusterDialogs } from './dialogs.tsx'
import { ClusterOverview } from './overview.tsx'
import { useClusterActions } from './use-cluster-actions.ts'

// Tabs that not everybody opens come when they are looked at.
const AffinityGroups = lazy(() => import('../affinity/groups.tsx').then(m => ({ default: m.AffinityGroups })))
const ClusterHosts = lazy(() => import('./hosts-tab.tsx').then(m => ({ default: m.ClusterHosts })))
const ClusterVms = lazy(() => import('./vms-tab.tsx').then(m => ({ default: m.ClusterVms })))
const ClusterScheduling = lazy(() => import('./scheduling.tsx').then(m => ({ default: m.ClusterScheduling })))
const ClusterSettings = lazy(() => import('./settings.tsx').then(m => ({ default: m.ClusterSettings })))

/** One cluster. */
export function ClusterPage() {
  const { t } = useTranslation(['clusters', 'shell'])
  const params = useParams({ strict: false })
  const id = params['id'] ?? ''
  const go = useGo()
  const { data, error, refetch } = useAsk('cluster.list', { ids: [id] })
  const { data: now } = useAsk('cluster.now', { ids: [id] }, { keep: true })
  const { data: groups } = useAsk('affinityGroup.list', { clusterIds: [id] })
  const { data: centers } = useAsk('dataCenter.list', {})
  const actions = useClusterActions()
  if (error !== null && data === undefined)
    return (
      <div className="rk-page">
        <Problem error={error} again={() => void refetch()} />
      </div>
    )
  if (data === undefined) return <div className="rk-page" aria-busy="true" />
  const [cluster] = data
  if (cluster === undefined)
    return <Gone kind="cluster" id={id} list={{ label: t('clusters:title'), to: paths.clusters() }} />
  const tab: ClusterTab = clusterTabs.find(one => one === params['tab']) ?? 'overview'
  const numbers = now?.[0]
  const counts: Partial<Record<ClusterTab, number>> = {
    ...(numbers === undefined ? {} : { hosts: numbers.hosts, vms: numbers.vms }),
    ...(groups === undefined ? {} : { affinity: groups.length }),
  }
  const center = centers?.find(one => one.id === cluster.dataCenterId)
  return (
    <>
      <Detail
        group={t('shell:group.compute')}
        list={{ label: t('clusters:title'), to: paths.clusters() }}
        name={cluster.name}
        status={null}
        facts={
          <>
            {center === undefined ? null : <Name text={center.name} most={32} />}
            {cluster.cpuType === null ? null : (
              <>
                {' · '}
                <bdi>{cluster.cpuType}</bdi>
              </>
            )}
          </>
        }
        buttons={[]}
        actions={actions([cluster])}
        tabs={clusterTabs.map(key => ({
          key,
          label: t(`clusters:tab.${key}`),
          to: paths.cluster(id, key),
          count: counts[key],
        }))}
        tab={tab}
      >
        <Suspense>
          {tab === 'overview' ? <ClusterOverview cluster={cluster} now={numbers} /> : null}
          {tab === 'hosts' ? <ClusterHosts cluster={cluster} /> : null}
          {tab === 'vms' ? <ClusterVms cluster={cluster} /> : null}
          {tab === 'affinity' ? <AffinityGroups clusterId={cluster.id} /> : null}
          {tab === 'scheduling' ? <ClusterScheduling cluster={cluster} /> : null}
          {tab === 'settings' ? <ClusterSettings cluster={cluster} /> : null}
          {tab === 'activity' ? (
            <EventFeed
              about={{ kind: 'cluster', id }}
              label={t('clusters:tab.activity')}
              none={t('clusters:noEvents')}
            />
          ) : null}
        </Suspense>
      </Detail>
      <ClusterDialogs onRemoved={() => go(paths.clusters(), { replace: true })} />
    </>
  )
}
