import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { useAsk } from '../api/hooks.ts'
import type { DiskRow, StorageDomainRow, TransferRow, VmRow } from '../api/rows.ts'
import { Time, useFormat } from '../format/index.ts'
import { paths } from '../paths.ts'
import { Status } from '../status/index.ts'
import { Go } from '../templates/go.tsx'
import type { Column } from '../templates/list/types.ts'
import { Name } from '../templates/name.tsx'

/** What the rows of disks show beside themselves: where they are kept, which VMs have them, and what is being uploaded. */
export interface DiskExtra {
  domains: ReadonlyMap<string, StorageDomainRow>
  vms: ReadonlyMap<string, VmRow>
  /** Transfers that have not ended, by disk. */
  transfers: ReadonlyMap<string, TransferRow>
}

const byId = <R extends { id: string }>(rows: readonly R[] | undefined): ReadonlyMap<string, R> =>
  new Map(rows?.map(row => [row.id, row]))

/** Looks up what the shown disks need. */
export function useDiskExtra(ids: readonly string[]): DiskExtra {
  // The list asks for the same rows: this is its answer, not another one.
  const { data: disks } = useAsk('disk.list', { ids: [...ids] }, { enabled: ids.length > 0, keep: true })
  const vmIds = useMemo(() => [...new Set(disks?.flatMap(disk => disk.vmIds))].sort(), [disks])
  const { data: vms } = useAsk('vm.list', { ids: vmIds }, { enabled: vmIds.length > 0, keep: true })
  const { data: domains } = useAsk('storageDomain.list', {})
  const { data: transfers } = useAsk('imageTransfer.list', { max: 200 })
  return useMemo(
    () => ({
      domains: byId(domains),
      vms: byId(vms),
      transfers: new Map(transfers?.filter(one => one.endedAt === null).map(one => [one.diskId, one])),
    }),
    [domains, vms, transfers],
  )
}

/** The status of a disk; while it is uploaded, that and how far. */
export function DiskStatus({ disk, transfer }: { disk: DiskRow; transfer: TransferRow | undefined }) {
  if (transfer === undefined || transfer.direction === 'download') return <Status kind="disk" status={disk.status} />
  const progress = transfer.size > 0 ? transfer.transferred / transfer.size : undefined
  return <Status kind="transfer" status={transfer.phase} progress={progress} />
}

/** The columns of disks. */
export function useDiskColumns(): readonly Column<DiskRow, DiskExtra>[] {
  const { t } = useTranslation('storage')
  const format = useFormat()
  return useMemo(() => {
    const columns: readonly Column<DiskRow, DiskExtra>[] = [
      {
        key: 'alias',
        title: t('column.alias'),
        sort: 'alias',
        width: 2.2,
        cell: disk => (
          <Go to={paths.disk(disk.id)} tabIndex={-1}>
            <Name text={disk.alias} />
          </Go>
        ),
      },
      {
        key: 'status',
        title: t('column.status'),
        sort: 'status',
        width: 1.4,
        cell: (disk, { transfers }) => <DiskStatus disk={disk} transfer={transfers.get(disk.id)} />,
      },
      {
        key: 'size',
        title: t('column.size'),
        sort: 'size',
        right: true,
        width: 1,
        cell: disk => format.bytes(disk.capacity),
      },
      {
        key: 'used',
        title: t('column.onStorage'),
        sort: 'actual_size',
        right: true,
        width: 1.2,
        cell: disk => format.bytes(disk.actualSize),
      },
      {
        key: 'domain',
        title: t('column.domain'),
        sort: 'storage.name',
        width: 1.4,
        cell: (disk, { domains }) => (
          <Go to={paths.domain(disk.storageDomainId)} tabIndex={-1}>
            <Name text={domains.get(disk.storageDomainId)?.name ?? ''} most={24} />
          </Go>
        ),
      },
      {
        key: 'vms',
        title: t('column.attached'),
        sort: 'vm_names',
        width: 1.6,
        cell: (disk, { vms }) => <AttachedTo disk={disk} vms={vms} />,
      },
      {
        key: 'kind',
        title: t('column.kind'),
        sort: 'disk_content_type',
        width: 1,
        cell: disk => t(`kind.${disk.contentType}`),
      },
      {
        key: 'format',
        title: t('column.format'),
        first: false,
        width: 0.8,
        cell: disk => disk.format,
      },
      {
        key: 'allocation',
        title: t('column.allocation'),
        sort: 'allocation_policy',
        first: false,
        width: 1.2,
        cell: disk => t(disk.sparse ? 'allocation.thin' : 'allocation.preallocated'),
      },
      {
        key: 'shareable',
        title: t('column.shareable'),
        sort: 'shareable',
        first: false,
        width: 0.9,
        cell: disk => (disk.shareable ? t('shareable') : ''),
      },
      {
        key: 'wipe',
        title: t('column.wipe'),
        sort: 'wipe_after_delete',
        first: false,
        width: 1.2,
        cell: disk => (disk.wipeAfterDelete ? t('wiped') : ''),
      },
      {
        key: 'description',
        title: t('column.description'),
        sort: 'description',
        first: false,
        width: 2,
        cell: disk => <Name text={disk.description} most={64} />,
      },
      {
        key: 'created',
        title: t('column.created'),
        sort: 'creation_date',
        first: false,
        width: 1.6,
        cell: disk => <Time at={disk.createdAt} />,
      },
    ]
    return columns
  }, [t, format])
}

/** The first VM that has a disk, as a link, and how many more. */
function AttachedTo({ disk, vms }: { disk: DiskRow; vms: ReadonlyMap<string, VmRow> }) {
  const { t } = useTranslation('storage')
  const [first, ...more] = disk.vmIds
  if (first === undefined) return <span className="rk-sub">{t('notAttached')}</span>
  return (
    <>
      <Go to={paths.vm(first)} tabIndex={-1}>
        <Name text={vms.get(first)?.name ?? ''} most={24} />
      </Go>
      {more.length === 0 ? null : ` ${t('andMore', { n: more.length })}`}
    </>
  )
}
