import { useParams } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { useTranslation } from 'react-i18next'
import { useAsk } from '../api/hooks.ts'
import { ConsoleTab } from '../console/index.ts'
import { Since } from '../format/index.ts'
import { paths, type VmTab, vmTabs } from '../paths.ts'
import { VmStatusLabel } from '../status/index.ts'
import { Detail } from '../templates/detail/detail.tsx'
import { Gone } from '../templates/detail/gone.tsx'
import { Go, useGo } from '../templates/go.tsx'
import { Name } from '../templates/name.tsx'
import { Problem } from '../templates/problem.tsx'
import { migrationShare } from './migration-share.ts'
import { VmDialogs } from './dialogs.tsx'
import { VmOverview } from './overview-tab.tsx'
import { useVmActions } from './use-vm-actions.ts'

// Each tab comes when it is looked at.
const VmActivity = lazy(() => import('./activity-tab.tsx').then(m => ({ default: m.VmActivity })))
const VmDisks = lazy(() => import('./disks-tab.tsx').then(m => ({ default: m.VmDisks })))
const VmNetwork = lazy(() => import('./network-tab.tsx').then(m => ({ default: m.VmNetwork })))
const VmPerformance = lazy(() => import('./performance-tab.tsx').then(m => ({ default: m.VmPerformance })))
const VmPlacement = lazy(() => import('./placement-tab.tsx').then(m => ({ default: m.VmPlacement })))
const VmSettings = lazy(() => import('./settings-tab.tsx').then(m => ({ default: m.VmSettings })))

/** One VM: what it is, how it is, and everything it is made of. */
export function VmPage() {
  const { t } = useTranslation(['vms', 'shell'])
  const { id = '', tab: asked } = useParams({ strict: false }) as { id?: string; tab?: string }
  const tab = vmTabs.find(one => one === asked) ?? 'overview'
  const go = useGo()
  const actionsOf = useVmActions()
  const { data: vms, error } = useAsk('vm.list', { ids: [id] })
  const { data: hosts } = useAsk('host.list', {})
  const { data: disks } = useAsk('diskAttachment.list', { vmIds: [id] })
  const { data: nics } = useAsk('nic.list', { vmIds: [id] })
  if (error !== null && vms === undefined)
    return (
      <div className="rk-page">
        <Problem error={error} />
      </div>
    )
  if (vms === undefined) return <div className="rk-page" aria-busy="true" />
  const [vm] = vms
  if (vm === undefined) return <Gone kind="vm" id={id} list={{ label: t('vms:title'), to: paths.vms() }} />

  const host = hosts?.find(one => one.id === vm.hostId)
  const counts: Partial<Record<VmTab, number>> = {
    ...(disks === undefined ? {} : { disks: disks.length }),
    ...(nics === undefined ? {} : { network: nics.length }),
  }
  const running = vm.runId !== null
  return (
    <Detail
      group={t('shell:group.compute')}
      list={{ label: t('vms:title'), to: paths.vms() }}
      name={vm.name}
      status={<VmStatusLabel vm={vm} progress={migrationShare(vm)} />}
      facts={
        host === undefined ? undefined : (
          <>
            {t('vms:on')} <Go to={paths.host(host.id)}>{<Name text={host.name} most={24} />}</Go>
            {vm.runStartedAt === null ? null : (
              <>
                {' · '}
                <Since at={vm.runStartedAt} />
              </>
            )}
          </>
        )
      }
      buttons={running ? ['console', 'shut-down', 'reboot'] : ['start', 'resume', 'run-once']}
      actions={actionsOf([vm])}
      tabs={vmTabs.map(key => ({ key, label: t(`vms:tab.${key}`), to: paths.vm(id, key), count: counts[key] }))}
      tab={tab}
    >
      <Suspense>
        {tab === 'overview' ? <VmOverview vm={vm} /> : null}
        {tab === 'console' ? <ConsoleTab vm={vm} /> : null}
        {tab === 'disks' ? <VmDisks vm={vm} /> : null}
        {tab === 'network' ? <VmNetwork vm={vm} /> : null}
        {tab === 'performance' ? <VmPerformance vm={vm} /> : null}
        {tab === 'placement' ? <VmPlacement vm={vm} /> : null}
        {tab === 'settings' ? <VmSettings key={vm.id} vm={vm} /> : null}
        {tab === 'activity' ? <VmActivity vm={vm} /> : null}
      </Suspense>
      <VmDialogs onRemoved={() => go(paths.vms(), { replace: true })} />
    </Detail>
  )
}
