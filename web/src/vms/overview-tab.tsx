import { lazy, Suspense } from 'react'
import { useTranslation } from 'react-i18next'
import { useAsk } from '../api/hooks.ts'
import type { VmRow } from '../api/rows.ts'
import { Missing, Time, useFormat } from '../format/index.ts'
import { RunningTask } from '../tasks/running-task.tsx'
import { Card, Facts } from '../templates/card.tsx'
import { Copy } from '../templates/copy.tsx'
import { Name } from '../templates/name.tsx'
import { addressesOf } from './addresses.ts'
import { osOf } from './columns.tsx'
import { MigrationCard } from './migration-card.tsx'
import { NowCard } from './now-card.tsx'
import { LatestEvents } from './work-card.tsx'

// The charts come after the facts.
const Performance = lazy(() => import('../charts/performance.tsx').then(m => ({ default: m.Performance })))

/** What one wants to know of a VM first. */
export function VmOverview({ vm }: { vm: VmRow }) {
  const { t } = useTranslation(['vms', 'common'])
  const { bytes } = useFormat()
  const { data: clusters } = useAsk('cluster.list', {})
  const { cpu, memory } = vm.config
  const next = vm.nextRun
  const addresses = addressesOf(vm)
  const boot = { hd: t('vms:device.hd'), cdrom: t('vms:device.cdrom'), network: t('vms:device.network') }
  return (
    <div className="rk-grid">
      {vm.status === 'migrating' ? <MigrationCard vm={vm} /> : null}
      <Card title={t('vms:card.machine')}>
        <Facts
          facts={[
            [
              t('common:description'),
              vm.description === '' ? t('common:none') : <Name text={vm.description} most={120} />,
            ],
            [
              t('vms:column.cpu'),
              <>
                {t('vms:vcpuCount', { count: cpu.sockets * cpu.cores * cpu.threads })}{' '}
                <span className="rk-sub">
                  ({cpu.sockets}×{cpu.cores}×{cpu.threads})
                </span>
              </>,
            ],
            [
              t('vms:column.memory'),
              next === null || next.memory === memory ? (
                bytes(memory)
              ) : (
                <>
                  {bytes(memory)} → <b>{bytes(next.memory)}</b> <span className="rk-chip">{t('vms:yesNextRun')}</span>
                </>
              ),
            ],
            [t('vms:column.os'), <Name text={osOf(vm)} most={48} />],
            [
              t('vms:column.address'),
              addresses.length === 0 ? (
                <Missing why={t(vm.runId === null ? 'vms:notRunning' : 'vms:noAgent')} />
              ) : (
                addresses.map(address => (
                  <div key={address}>
                    {address} <Copy text={address} />
                  </div>
                ))
              ),
            ],
            [t('vms:bootOrder'), vm.config.os.boot.map(device => boot[device]).join(' → ')],
            [t('vms:column.cluster'), <Name text={clusters?.find(c => c.id === vm.clusterId)?.name ?? ''} />],
            [t('vms:protection'), vm.config.deleteProtected ? t('vms:protectedYes') : undefined],
            [t('common:created'), <Time at={vm.createdAt} />],
            [
              t('common:id'),
              <>
                <span className="rk-small">{vm.id}</span> <Copy text={vm.id} />
              </>,
            ],
          ]}
        />
      </Card>
      <NowCard vm={vm} />
      <div className="rk-column">
        <RunningTask about={vm.id} orNone={t('vms:noTask')} />
        <LatestEvents vmId={vm.id} />
      </div>
      {vm.runId === null ? null : (
        <div className="rk-full">
          <Card title={t('vms:tab.performance')}>
            <Suspense>
              <Performance kind="vm" id={vm.id} name={vm.name} memory={(vm.runConfig ?? vm.config).memory} />
            </Suspense>
          </Card>
        </div>
      )}
    </div>
  )
}
