import { useTranslation } from 'react-i18next'
import { useAsk } from '../api/hooks.ts'
import { type Counted, useFormat } from '../format/index.ts'
import { paths } from '../paths.ts'
import { roleOf, Status, type StatusKind, statusRoles } from '../status/index.ts'
import { Card } from '../templates/card.tsx'
import { Go } from '../templates/go.tsx'

const lists = [
  { key: 'hosts', kind: 'host', counted: 'host', to: paths.hosts },
  { key: 'vms', kind: 'vm', counted: 'vm', to: paths.vms },
  { key: 'storageDomains', kind: 'storageDomain', counted: 'domain', to: paths.domains },
] as const satisfies readonly { key: string; kind: StatusKind; counted: Counted; to: typeof paths.vms }[]

/** Hosts, VMs and storage domains by status; each number leads to the list of just those. */
export function Counts() {
  const { t } = useTranslation('dashboard')
  const format = useFormat()
  const { data } = useAsk('inventory.counts', {})
  return lists.map(({ key, kind, counted, to }) => {
    const found = Object.entries(data?.[key] ?? {}).toSorted(
      ([a], [b]) => statusRoles.indexOf(roleOf(kind, a)) - statusRoles.indexOf(roleOf(kind, b)) || (a < b ? -1 : 1),
    )
    const total = found.reduce((sum, [, n]) => sum + n, 0)
    return (
      <Card key={key} title={t(`${key}.title`)} more={<Go to={to()}>{format.count(counted, total)}</Go>}>
        {data !== undefined && total === 0 ? <p className="rk-sub">{t(`${key}.none`)}</p> : null}
        <ul>
          {found.map(([status, n]) => (
            <li key={status}>
              <span className="rk-grow">
                <Status kind={kind} status={status} />
              </span>
              <Go to={to({ q: `status = ${status}` })} aria-label={t('show', { kind: t(`${key}.title`), n })}>
                {format.number(n)}
              </Go>
            </li>
          ))}
        </ul>
      </Card>
    )
  })
}
