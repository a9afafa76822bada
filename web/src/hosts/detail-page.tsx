import { useParams } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { useTranslation } from 'react-i18next'
import { useAsk } from '../api/hooks.ts'
import type { HostRow, VmRow } from '../api/rows.ts'
import { EventFeed } from '../events/event-feed.tsx'
import { useFormat } from '../format/index.ts'
import { type HostTab, hostTabs, paths } from '../paths.ts'
import { Status } from '../status/index.ts'
import { Detail } from '../templates/detail/detail.tsx'
import { EmptyKind } from '../templates/empty-kind.tsx'
import { List } from '../templates/list/list.tsx'
import { Name } from '../templates/name.tsx'
import { Problem } from '../templates/problem.tsx'
import { quoted } from '../templates/search-text.ts'
import { useDialog } from '../templates/use-dialog.ts'
import { useVmColumns, useVmExtra, type VmExtra } from '../vms/columns.tsx'
import { VmDialogs } from '../vms/dialogs.tsx'
import { useVmActions } from '../vms/use-vm-actions.ts'
import { HostDialogs } from './dialogs.tsx'
import { linksOf } from './facts.ts'
import { HostNetwork } from './network.tsx'
import { HostOverview } from './overview.tsx'
import { HostSettings } from './settings.tsx'
import { useHostActions } from './use-host-actions.ts'
import './hosts.css'

// Charts come when they are looked at.
const Performance = lazy(() => import('../charts/index.ts').then(m => ({ default: m.Performance })))

/** One host. */
export function HostPage() {
  const { t } = useTranslation('hosts')
  const params = useParams({ strict: false })
  const id = params['id'] ?? ''
  const { data, error, refetch } = useAsk('host.list', { ids: [id] })
  const { data: clusters } = useAsk('cluster.list', {})
  const actions = useHostActions()
  if (error !== null) return <Problem error={error} again={() => void refetch()} />
  if (data === undefined) return null
  const [host] = data
  if (host === undefined) return <Gone />
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
        status={<Status kind="host" status={host.status} />}
        facts={
          <>
            {cluster === undefined ? null : <Name text={cluster.name} />}
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
        {tab === 'overview' ? <HostOverview host={host} /> : null}
        {tab === 'vms' ? <HostVms host={host} /> : null}
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
      <HostDialogs />
    </>
  )
}

/** The VMs that run on the host. */
function HostVms({ host }: { host: HostRow }) {
  const { t } = useTranslation('hosts')
  const { count } = useFormat()
  const columns = useVmColumns()
  const actions = useVmActions()
  const { dialog } = useDialog()
  return (
    <>
      <List<VmRow, VmExtra>
        inset
        name="vms"
        search="vm.search"
        rows="vm.list"
        within={`host = ${quoted(host.name)}`}
        title={t('tab.vms')}
        count={n => count('vm', n)}
        hint="status = up"
        columns={columns.filter(column => column.key !== 'host')}
        useExtra={useVmExtra}
        rowName={vm => vm.name}
        rowTo={vm => paths.vm(vm.id)}
        actions={actions}
        held={dialog !== undefined}
        empty={<EmptyKind title={t('noVms.title')} body={t('noVms.body')} />}
      />
      <VmDialogs />
    </>
  )
}

function Gone() {
  const { t } = useTranslation('detail')
  const { t: th } = useTranslation('hosts')
  return (
    <div className="rk-center">
      <p>{t('gone', { name: th('one') })}</p>
    </div>
  )
}
