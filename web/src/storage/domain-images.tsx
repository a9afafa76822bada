import { useTranslation } from 'react-i18next'
import { useAsk } from '../api/hooks.ts'
import type { StorageDomainRow } from '../api/rows.ts'
import { useFormat } from '../format/index.ts'
import { paths } from '../paths.ts'
import { Go } from '../templates/go.tsx'
import { Name } from '../templates/name.tsx'
import { Problem } from '../templates/problem.tsx'

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
  const columns = [t('column.name'), t('column.size')]
  return (
    <div className="rk-card">
      {error === null ? null : <Problem error={error} />}
      {known && images.length === 0 ? (
        <>
          <p>{t('noImages')}</p>
          <Go to={paths.upload()}>{t('upload')}</Go>
        </>
      ) : (
        <table className="rk-table rk-table-auto" aria-label={t('tab.images')}>
          <thead>
            <tr>
              {columns.map(title => (
                <th key={title} scope="col">
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {images.map(image => (
              <tr key={image.id}>
                <td>
                  {image.to === undefined ? (
                    <Name text={image.name} most={80} />
                  ) : (
                    <Go to={image.to}>
                      <Name text={image.name} most={80} />
                    </Go>
                  )}
                </td>
                <td>{format.bytes(image.size)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  )
}
