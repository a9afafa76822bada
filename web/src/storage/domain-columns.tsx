import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import type { StorageDomainRow } from '../api/rows.ts'
import { Missing, Time, useFormat } from '../format/index.ts'
import { paths } from '../paths.ts'
import { Status } from '../status/index.ts'
import { Share } from '../templates/card.tsx'
import { Go } from '../templates/go.tsx'
import type { Column } from '../templates/list/types.ts'
import { Name } from '../templates/name.tsx'

/** Nothing more is looked up for rows of domains. */
export type NoExtra = undefined
export const useNoExtra = (): NoExtra => undefined

/** The columns of storage domains. */
export function useDomainColumns(): readonly Column<StorageDomainRow, NoExtra>[] {
  const { t } = useTranslation('storage')
  const format = useFormat()
  return useMemo(() => {
    const unmeasured = <Missing why={t('unmeasured')} />
    const total = (domain: StorageDomainRow) => domain.available + domain.used
    const columns: readonly Column<StorageDomainRow, NoExtra>[] = [
      {
        key: 'name',
        title: t('column.name'),
        sort: 'name',
        width: 2,
        cell: domain => (
          <Go to={paths.domain(domain.id)} tabIndex={-1}>
            <Name text={domain.name} />
          </Go>
        ),
      },
      {
        key: 'role',
        title: t('column.role'),
        sort: 'type',
        width: 1.3,
        cell: domain => (
          <>
            {t(`role.${domain.type}`)}
            {domain.master ? <span title={t('master')}> ★</span> : null}
            {domain.master ? <span className="pf-v6-screen-reader"> {t('master')}</span> : null}
          </>
        ),
      },
      { key: 'type', title: t('column.type'), width: 0.9, cell: domain => t(`type.${domain.storageType}`) },
      {
        key: 'status',
        title: t('column.status'),
        sort: 'status',
        width: 1.4,
        cell: domain => <Status kind="storageDomain" status={domain.status} />,
      },
      {
        key: 'used',
        title: t('column.used'),
        sort: 'used_size',
        width: 2.2,
        cell: domain =>
          total(domain) === 0 ? (
            unmeasured
          ) : (
            <span className="rk-used">
              <span className="rk-used-words">{format.bytesOf(domain.used, total(domain))}</span>
              <Share part={domain.used} whole={total(domain)} label={t('usedOf', { name: domain.name })} />
            </span>
          ),
      },
      {
        key: 'promised',
        title: t('column.promised'),
        sort: 'committed',
        right: true,
        width: 1.2,
        cell: domain => format.bytes(domain.committed),
      },
      {
        key: 'free',
        title: t('column.free'),
        sort: 'free_size',
        first: false,
        right: true,
        width: 1,
        cell: domain => (total(domain) === 0 ? unmeasured : format.bytes(domain.available)),
      },
      { key: 'format', title: t('column.format'), first: false, width: 0.8, cell: domain => domain.storageFormat },
      {
        key: 'description',
        title: t('column.description'),
        sort: 'description',
        first: false,
        width: 2,
        cell: domain => <Name text={domain.description} most={64} />,
      },
      {
        key: 'created',
        title: t('column.created'),
        first: false,
        width: 1.6,
        cell: domain => <Time at={domain.createdAt} />,
      },
    ]
    return columns
  }, [t, format])
}
