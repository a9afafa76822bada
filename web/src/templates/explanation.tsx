import { useTranslation } from 'react-i18next'
import { useAsk } from '../api/hooks.ts'
import type { Explanation, ExplainedHost } from '../api/rows.ts'
import { useFormat } from '../format/index.ts'
import { paths } from '../paths.ts'
import { Status } from '../status/index.ts'
import { Go } from './go.tsx'
import { Name } from './name.tsx'
import { Problem } from './problem.tsx'
import { useRefusalText } from './refusal-text.ts'
import { SmallTable } from './table.tsx'

/** Hosts that are shown; those that would take the machine stand first, then those with the fewest reasons against them. */
const most = 50

/** What is asked of the engine: where this machine could start, or, when it runs, where it could migrate to. */
export interface ExplainAsked {
  vmId: string
  /** Another cluster than its own. */
  clusterId?: string
  /** Hosts as if they were being emptied. */
  excludedHostIds?: readonly string[]
}

/** For a machine: why each host would or would not take it now. It is asked anew whenever hosts or machines change. */
export function ExplanationTable({ vmId, clusterId, excludedHostIds }: ExplainAsked) {
  const { data, error } = useAsk('vm.explain', {
    id: vmId,
    ...(clusterId === undefined ? {} : { clusterId }),
    ...(excludedHostIds === undefined ? {} : { excludedHostIds: [...excludedHostIds] }),
  })
  if (error !== null && data === undefined) return <Problem error={error} />
  if (data === undefined) return <div aria-busy="true" />
  return <ExplanationRows explanation={data} />
}

/** The table alone, for those who have asked already. */
export function ExplanationRows({ explanation }: { explanation: Explanation }) {
  const { t } = useTranslation('scheduling')
  const format = useFormat()
  const refusalText = useRefusalText()
  const { hosts, hidden, purpose, policy } = explanation
  const able = hosts.filter(each => each.able).length + hidden.able
  const answer = (host: ExplainedHost) => {
    if (host.chosen) return <strong>{t(`chosen.${purpose}`)}</strong>
    return host.able ? t('able') : t('unable')
  }
  const why = (host: ExplainedHost) =>
    host.able ? (
      <span className="rk-sub">{t('score', { score: format.number(host.score) })}</span>
    ) : (
      <ul className="rk-reasons">
        {host.refusals.map(refusal => (
          <li key={refusal.filter}>
            <bdi>{refusalText(refusal.reason) ?? refusal.sentence}</bdi>
          </li>
        ))}
      </ul>
    )
  return (
    <>
      <p className="rk-sub">
        {t(`summary.${purpose}`, { able: format.number(able), all: format.number(hosts.length + hidden.all) })}{' '}
        {t('policy')} <bdi>{policy}</bdi>
      </p>
      <SmallTable<ExplainedHost>
        label={t('title')}
        rows={hosts.slice(0, most)}
        keyOf={host => host.hostId}
        empty={<p>{t('none')}</p>}
        columns={[
          {
            title: t('column.host'),
            cell: host => (
              <Go to={paths.host(host.hostId)}>
                <Name text={host.host} most={32} />
              </Go>
            ),
          },
          { title: t('column.status'), cell: host => <Status kind="host" status={host.status} /> },
          { title: t('column.answer'), cell: answer },
          { title: t('column.why'), cell: why },
        ]}
      />
      {hosts.length > most ? <p className="rk-sub">{t('more', { n: format.number(hosts.length - most) })}</p> : null}
    </>
  )
}
