import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { useAsk } from '../api/hooks.ts'
import type { DiskRow, StorageDomainRow, TransferRow } from '../api/rows.ts'
import { Missing, Time, useFormat } from '../format/index.ts'
import { paths } from '../paths.ts'
import { Status } from '../status/index.ts'
import { Go } from '../templates/go.tsx'
import type { Column } from '../templates/list/types.ts'
import { Name } from '../templates/name.tsx'
import { useUpload, useUploads } from './manager.ts'
import type { Upload } from './upload.ts'
import { isOpenTransfer } from './upload.ts'

/** What the rows of images show beside themselves. */
export interface ImageExtra {
  domains: ReadonlyMap<string, StorageDomainRow>
  /** Transfers that are not over, by disk. */
  transfers: ReadonlyMap<string, TransferRow>
  /** What this page is sending, by disk. */
  uploads: ReadonlyMap<string, Upload>
}

/** Transfers under way and the uploads of this page. */
export function useTransfers(): Pick<ImageExtra, 'transfers' | 'uploads'> {
  const { data: transfers } = useAsk('imageTransfer.list', {})
  const own = useUploads()
  return useMemo(
    () => ({
      transfers: new Map(transfers?.filter(row => isOpenTransfer(row.phase)).map(row => [row.diskId, row] as const)),
      uploads: new Map(own.map(upload => [upload.get().diskId ?? '', upload] as const)),
    }),
    [transfers, own],
  )
}

export function useImageExtra(): ImageExtra {
  const { data: domains } = useAsk('storageDomain.list', {})
  const { transfers, uploads } = useTransfers()
  return useMemo(
    () => ({ domains: new Map(domains?.map(row => [row.id, row])), transfers, uploads }),
    [domains, transfers, uploads],
  )
}

/** The columns of images. */
export function useImageColumns(): readonly Column<DiskRow, ImageExtra>[] {
  const { t } = useTranslation('images')
  const { bytes } = useFormat()
  return useMemo(
    () => [
      {
        key: 'name',
        title: t('column.name'),
        first: true,
        sort: 'name',
        width: 2.4,
        cell: disk => (
          <Go to={paths.disk(disk.id)} tabIndex={-1}>
            <Name text={disk.alias} />
          </Go>
        ),
      },
      {
        key: 'kind',
        title: t('column.kind'),
        first: true,
        sort: 'disk_content_type',
        width: 1.2,
        cell: disk => t(`kind.${disk.contentType === 'iso' ? 'iso' : disk.format}`),
      },
      {
        key: 'status',
        title: t('column.status'),
        first: true,
        sort: 'status',
        width: 1.6,
        cell: (disk, { transfers, uploads }) => {
          const upload = uploads.get(disk.id)
          const transfer = transfers.get(disk.id)
          if (transfer?.direction !== 'upload') return <Status kind="disk" status={disk.status} />
          // This page knows better how far it is than the engine, which asks the host now and then.
          return upload === undefined ? (
            <Transferred transfer={transfer} />
          ) : (
            <Uploading transfer={transfer} upload={upload} />
          )
        },
      },
      {
        key: 'size',
        title: t('column.size'),
        first: true,
        sort: 'provisioned_size',
        right: true,
        cell: disk => bytes(disk.capacity),
      },
      {
        key: 'used',
        title: t('column.used'),
        first: true,
        sort: 'actual_size',
        right: true,
        cell: disk => bytes(disk.actualSize),
      },
      {
        key: 'domain',
        title: t('column.domain'),
        first: true,
        sort: 'storage.name',
        width: 1.2,
        cell: (disk, { domains }) => {
          const domain = domains.get(disk.storageDomainId)
          return domain === undefined ? (
            <Missing />
          ) : (
            <Go to={paths.domain(domain.id)} tabIndex={-1}>
              <Name text={domain.name} />
            </Go>
          )
        },
      },
      {
        key: 'created',
        first: false,
        title: t('column.created'),
        sort: 'creation_date',
        width: 1.4,
        cell: disk => <Time at={disk.createdAt} />,
      },
      {
        key: 'description',
        first: false,
        title: t('column.description'),
        width: 1.6,
        cell: disk => <Name text={disk.description} />,
      },
    ],
    [t, bytes],
  )
}

function Transferred({ transfer }: { transfer: TransferRow }) {
  const { phase, size, transferred } = transfer
  return <Status kind="transfer" status={phase} progress={size === 0 ? null : Math.min(1, transferred / size)} />
}

function Uploading({ transfer, upload }: { transfer: TransferRow; upload: Upload }) {
  const { sent } = useUpload(upload)
  return <Status kind="transfer" status={transfer.phase} progress={upload.size === 0 ? null : sent / upload.size} />
}
