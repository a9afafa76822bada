import { useTranslation } from 'react-i18next'
import type { HostRow } from '../api/rows.ts'
import { Missing, useFormat } from '../format/index.ts'
import { Name } from '../templates/name.tsx'

/** The network interfaces of a host, as its kernel shows them. */
export function HostNetwork({ host }: { host: HostRow }) {
  const { t } = useTranslation('hosts')
  const format = useFormat()
  if (host.facts === null) return <p className="rk-sub">{t('noFacts')}</p>
  const columns = (['name', 'link', 'speed', 'addresses', 'mac', 'mtu'] as const).map(key => t(`nic.${key}`))
  return (
    <div className="rk-card">
      <table className="rk-table rk-table-auto" aria-label={t('nic.title')}>
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
          {host.facts.nics.map(nic => (
            <tr key={nic.name}>
              <td>
                <Name text={nic.name} />
              </td>
              <td>{nic.up ? t('nic.up') : t('nic.down')}</td>
              <td>{nic.speed === null ? <Missing why={t('nic.noSpeed')} /> : format.bitRate(nic.speed)}</td>
              <td>
                <bdi>{nic.addresses.join(', ')}</bdi>
              </td>
              <td>{nic.mac === null ? <Missing /> : <code>{nic.mac}</code>}</td>
              <td>{format.number(nic.mtu)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
