import { useParams } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { useTranslation } from 'react-i18next'
import { useAsk } from '../api/hooks.ts'
import { EventFeed } from '../events/event-feed.tsx'
import { type HostTab, hostTabs, paths } from '../paths.ts'
import { Status } from '../status/index.ts'
import { Detail } from '../templates/detail/detail.tsx'
import { Gone } from '../templates/detail/gone.tsx'
import { Go, useGo } from '../templates/go.tsx'
import { Name } from '../templates/name.tsx'
import { Problem } from '../templates/problem.tsx'
import { HostDialogs } from './dialogs.tsx'
import { linksOf } from './facts.ts'
import { HostNetwork } from './network.tsx'
import { HostOverview } from './overview.tsx'
import { HostSettings } from './settings.tsx'
import { useHostActions } from './use-host-actions.ts'
import './hosts.css'

// Charts and lists come when they are looked at.
const HostVms = lazy(() => import('./vms-tab.tsx').then(m => ({ default: m.HostVms })))
const Performance = lazy(() => import('../charts/index.ts').then(m => ({ default: m.Performance })))

/** One host. */
export function HostPage() {
  const { t } = useTranslation('hosts')
  const params = useParams({ strict: false })
  const id = params['id'] ?? ''
  const { data, error, refetch } = useAsk('host.list', { ids: [id] })
  const { data: clusters } = useAsk('cluster.list', {})
  const actions = useHostActions()
  const go = useGo()
  if (error !== null && data === undefined) return <Problem error={error} again={() => void refetch()} />
  if (data === undefined) return <div className="rk-page" aria-busy="true" />
  const [host] = data
  if (host === undefined) return <Gone kind="host" id={id} list={{ label: t('title'), to: paths.hosts() }} />
  const tab: HostTab = hostTabs.find(one => one === params['tab']) ?? 'overview'
  const counts: Partial<Record<HostTab, number>> = {
    vms: host.vmsTotal,
    ...(host.facts === null ? {} : { network: linksOf(host.facts).length }),
  }
  const cluster = clusters?.find(one => one.id === host.clusterId)
  return (
    <>
      <Detail
        group={t('group')}
        list={{ label: t('title'), to: paths.hosts() }}
        name={host.name}
        status={
          <>
            <Status kind="host" status={host.status} />
            {host.spmStatus === 'none' ? null : (
              <>
                {' '}
                <span className="rk-chip" title={t('spm.what')}>
                  {t(`spm.${host.spmStatus}`)}
                </span>
              </>
            )}
          </>
        }
        facts={
          <>
            {cluster === undefined ? null : (
              <Go to={paths.cluster(cluster.id)}>
                <Name text={cluster.name} most={32} />
              </Go>
            )}
            {host.facts?.acceleration.kind === 'tcg' ? (
              <>
                {' '}
                <span className="rk-chip" data-accel="tcg" title={host.facts.acceleration.reason}>
                  {t('acceleration.tcg')}
                </span>
              </>
            ) : null}
          </>
        }
        buttons={['activate', 'maintenance']}
        actions={actions([host])}
        tabs={hostTabs.map(key => ({ key, label: t(`tab.${key}`), to: paths.host(id, key), count: counts[key] }))}
        tab={tab}
      >
        {tab === 'overview' ? <HostOverview host={host} actions={actions([host])} /> : null}
        <Suspense>{tab === 'vms' ? <HostVms host={host} /> : null}</Suspense>
        {tab === 'network' ? <HostNetwork host={host} /> : null}
        {tab === 'performance' ? (
          <Suspense>
            <Performance kind="host" id={host.id} name={host.name} memory={host.facts?.memory ?? null} />
          </Suspense>
        ) : null}
        {tab === 'settings' ? <HostSettings host={host} /> : null}
        {tab === 'activity' ? (
          <EventFeed about={{ kind: 'host', id: host.id }} label={t('tab.activity')} none={t('noEvents')} />
        ) : null}
      </Detail>
      <HostDialogs onRemoved={() => go(paths.hosts(), { replace: true })} />
    </>
  )
}
