import { useTranslation } from 'react-i18next'
import { useAsk } from '../api/hooks.ts'
import type { StorageDomainRow } from '../api/rows.ts'
import { useFormat } from '../format/index.ts'
import { paths } from '../paths.ts'
import { Go } from '../templates/go.tsx'
import { Name } from '../templates/name.tsx'
import { Problem } from '../templates/problem.tsx'
import { SmallTable } from '../templates/table.tsx'

/** What of a storage domain can lie in a CD drive: the files of an ISO domain, the ISO disks of a data domain. */
export function DomainImages({ domain }: { domain: StorageDomainRow }) {
  const { t } = useTranslation('storage')
  const format = useFormat()
  const iso = domain.type === 'iso'
  const files = useAsk('storageDomain.files', { storageDomainIds: [domain.id] }, { enabled: iso })
  const disks = useAsk('disk.list', { storageDomainIds: [domain.id] }, { enabled: !iso })
  const error = files.error ?? disks.error
  const images = [
    ...(files.data ?? []).map(file => ({ id: file.name, name: file.name, size: file.size, to: undefined })),
    ...(disks.data ?? [])
      .filter(disk => disk.contentType === 'iso')
      .map(disk => ({ id: disk.id, name: disk.alias, size: disk.capacity, to: paths.disk(disk.id) })),
  ]
  const known = iso ? files.data !== undefined : disks.data !== undefined
  return (
    <div className="rk-card">
      {error === null ? null : <Problem error={error} />}
      <SmallTable
        label={t('tab.images')}
        rows={images}
        keyOf={image => image.id}
        empty={
          known ? (
            <>
              {t('noImages')} <Go to={paths.upload()}>{t('upload')}</Go>
            </>
          ) : null
        }
        columns={[
          {
            title: t('column.name'),
            cell: image =>
              image.to === undefined ? (
                <Name text={image.name} most={80} />
              ) : (
                <Go to={image.to}>
                  <Name text={image.name} most={80} />
                </Go>
              ),
          },
          { title: t('column.size'), right: true, cell: image => format.bytes(image.size) },
        ]}
      />
    </div>
  )
}
