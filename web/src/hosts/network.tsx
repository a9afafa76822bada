import { useTranslation } from 'react-i18next'
import type { HostRow } from '../api/rows.ts'
import { Missing, useFormat } from '../format/index.ts'
import { Name } from '../templates/name.tsx'
import { SmallTable } from '../templates/table.tsx'

/** The network interfaces of a host, as its kernel shows them. */
export function HostNetwork({ host }: { host: HostRow }) {
  const { t } = useTranslation('hosts')
  const format = useFormat()
  if (host.facts === null) return <p className="rk-sub">{t('noFacts')}</p>
  return (
    <div className="rk-card">
      <SmallTable
        label={t('nic.title')}
        rows={host.facts.nics}
        keyOf={nic => nic.name}
        empty={t('nic.none')}
        columns={[
          { title: t('nic.name'), cell: nic => <Name text={nic.name} /> },
          { title: t('nic.link'), cell: nic => (nic.up ? t('nic.up') : t('nic.down')) },
          {
            title: t('nic.speed'),
            cell: nic => (nic.speed === null ? <Missing why={t('nic.noSpeed')} /> : format.bitRate(nic.speed)),
          },
          { title: t('nic.addresses'), cell: nic => <bdi>{nic.addresses.join(', ')}</bdi> },
          { title: t('nic.mac'), cell: nic => (nic.mac === null ? <Missing /> : <code>{nic.mac}</code>) },
          { title: t('nic.mtu'), cell: nic => format.number(nic.mtu) },
        ]}
      />
    </div>
  )
}
