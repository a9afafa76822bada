import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table'
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
      <Table variant="compact" aria-label={t('nic.title')}>
        <Thead>
          <Tr>
            {columns.map(title => (
              <Th key={title}>{title}</Th>
            ))}
          </Tr>
        </Thead>
        <Tbody>
          {host.facts.nics.map(nic => (
            <Tr key={nic.name}>
              <Td dataLabel={columns[0] ?? ''}>
                <Name text={nic.name} />
              </Td>
              <Td dataLabel={columns[1] ?? ''}>{nic.up ? t('nic.up') : t('nic.down')}</Td>
              <Td dataLabel={columns[2] ?? ''}>
                {nic.speed === null ? <Missing why={t('nic.noSpeed')} /> : format.bitRate(nic.speed)}
              </Td>
              <Td dataLabel={columns[3] ?? ''}>
                <bdi>{nic.addresses.join(', ')}</bdi>
              </Td>
              <Td dataLabel={columns[4] ?? ''}>{nic.mac === null ? <Missing /> : <code>{nic.mac}</code>}</Td>
              <Td dataLabel={columns[5] ?? ''}>{format.number(nic.mtu)}</Td>
            </Tr>
          ))}
        </Tbody>
      </Table>
    </div>
  )
}
