import { useParams } from '@tanstack/react-router'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { useAsk } from '../api/hooks.ts'
import type { DiskRow, VmRow } from '../api/rows.ts'
import { EventFeed } from '../events/event-feed.tsx'
import { useFormat } from '../format/index.ts'
import { type DiskTab, diskTabs, paths } from '../paths.ts'
import { Detail } from '../templates/detail/detail.tsx'
import { EmptyKind } from '../templates/empty-kind.tsx'
import { useGo } from '../templates/go.tsx'
import { List } from '../templates/list/list.tsx'
import { Problem } from '../templates/problem.tsx'
import { anyOf } from '../templates/search-text.ts'
import { useDialog } from '../templates/use-dialog.ts'
import { useVmColumns, useVmExtra, type VmExtra } from '../vms/columns.tsx'
import { VmDialogs } from '../vms/dialogs.tsx'
import { useVmActions } from '../vms/use-vm-actions.ts'
import { StorageDialogs } from './dialogs.tsx'
import { DiskStatus } from './disk-columns.tsx'
import { DiskOverview } from './disk-overview.tsx'
import { DiskSettings } from './disk-settings.tsx'
import { Gone } from './gone.tsx'
import { useDiskActions } from './use-disk-actions.ts'
import './storage.css'

/** One disk. */
export function DiskPage() {
  const { t } = useTranslation('storage')
  const format = useFormat()
  const go = useGo()
  const params = useParams({ strict: false })
  const id = params['id'] ?? ''
  const { data, error, refetch } = useAsk('disk.list', { ids: [id] })
  const [disk] = data ?? []
  const { data: vms } = useAsk('vm.list', { ids: disk?.vmIds ?? [] }, { enabled: (disk?.vmIds.length ?? 0) > 0 })
  const { data: transfers } = useAsk('imageTransfer.list', { max: 200 })
  const vmsById = useMemo(() => new Map(vms?.map(vm => [vm.id, vm])), [vms])
  const actions = useDiskActions(vmsById)
  if (error !== null) return <Problem error={error} again={() => void refetch()} />
  if (data === undefined) return null
  if (disk === undefined) return <Gone what={t('theDisk')} />
  const tab: DiskTab = diskTabs.find(one => one === params['tab']) ?? 'overview'
  const transfer = transfers?.find(one => one.diskId === id && one.endedAt === null)
  return (
    <>
      <Detail
        group={t('group')}
        list={{ label: t('disks'), to: paths.disks() }}
        name={disk.alias}
        status={<DiskStatus disk={disk} transfer={transfer} />}
        facts={`${format.bytes(disk.capacity)} · ${t(`kind.${disk.contentType}`)}`}
        buttons={['resize', 'edit', 'remove']}
        actions={actions([disk])}
        tabs={diskTabs.map(key => ({
          key,
          label: t(`tab.${key}`),
          to: paths.disk(id, key),
          count: key === 'vms' ? disk.vmIds.length : undefined,
        }))}
        tab={tab}
      >
        {tab === 'overview' ? <DiskOverview disk={disk} vms={vms ?? []} /> : null}
        {tab === 'vms' ? <DiskVms disk={disk} /> : null}
        {tab === 'settings' ? <DiskSettings disk={disk} /> : null}
        {tab === 'activity' ? (
          <EventFeed about={{ kind: 'disk', id }} label={t('tab.activity')} none={t('noDiskEvents')} />
        ) : null}
      </Detail>
      <StorageDialogs onRemoved={() => go(paths.disks(), { replace: true })} />
    </>
  )
}

/** The VMs that have the disk. */
function DiskVms({ disk }: { disk: DiskRow }) {
  const { t } = useTranslation('storage')
  const { count } = useFormat()
  const columns = useVmColumns()
  const actions = useVmActions()
  const { dialog } = useDialog()
  if (disk.vmIds.length === 0)
    return (
      <div className="rk-card rk-empty">
        <EmptyKind title={t('noVms.title')} body={t('noVms.body')} />
      </div>
    )
  return (
    <>
      <List<VmRow, VmExtra>
        inset
        name="vms"
        search="vm.search"
        rows="vm.list"
        within={anyOf(disk.vmIds)}
        title={t('tab.vms')}
        count={n => count('vm', n)}
        hint="status = up"
        columns={columns}
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
