import { ExpandableSection } from '@patternfly/react-core'
import { useTranslation } from 'react-i18next'
import { useAsk } from '../api/hooks.ts'
import type { ClusterCpu } from '../api/rows.ts'
import { Missing, useFormat } from '../format/index.ts'
import { paths } from '../paths.ts'
import { Status } from '../status/index.ts'
import { Card } from '../templates/card.tsx'
import { Go } from '../templates/go.tsx'
import { Name } from '../templates/name.tsx'
import { SmallTable } from '../templates/table.tsx'

type CpuHost = ClusterCpu['hosts'][number]

/** Hosts that are shown; those that lack something stand first. */
const most = 50

/** What the CPUs of the hosts have in common, and what each of them has more, or lacks (R31). */
export function ClusterCpuCard({ clusterId }: { clusterId: string }) {
  const { t } = useTranslation('clusters')
  const format = useFormat()
  const { data } = useAsk('cluster.cpu', { id: clusterId })
  if (data === undefined)
    return (
      <Card title={t('cpu.title')} wide>
        <div aria-busy="true" />
      </Card>
    )
  const { type, common, flags } = data
  const hosts = data.hosts.toSorted((a, b) => b.missing.length - a.missing.length)
  return (
    <Card title={t('cpu.title')} wide>
      <p className="rk-prose">
        {data.hosts.length === 0
          ? t('cpu.noHosts')
          : common === null
            ? t('cpu.noCommon')
            : type === common
              ? t('cpu.same', { type })
              : t('cpu.common', { type: type ?? t('cpu.none'), common })}
      </p>
      {flags.length === 0 ? null : <Flags title={t('cpu.flags', { n: format.number(flags.length) })} flags={flags} />}
      <SmallTable<CpuHost>
        label={t('cpu.title')}
        rows={hosts.slice(0, most)}
        keyOf={host => host.hostId}
        empty={<p>{t('cpu.noHosts')}</p>}
        columns={[
          {
            title: t('cpu.host'),
            cell: host => (
              <Go to={paths.host(host.hostId)}>
                <Name text={host.host} most={32} />
              </Go>
            ),
          },
          { title: t('cpu.status'), cell: host => <Status kind="host" status={host.status} /> },
          { title: t('cpu.model'), cell: host => <Name text={host.model} most={40} /> },
          {
            title: t('cpu.own'),
            cell: host =>
              host.emulated ? (
                t('cpu.emulated')
              ) : host.own === null ? (
                <Missing why={t('cpu.noType')} />
              ) : (
                <bdi>{host.own}</bdi>
              ),
          },
          {
            title: t('cpu.lacks'),
            cell: host =>
              host.missing.length === 0 ? (
                t('cpu.nothing')
              ) : (
                <Flags title={t('cpu.count', { n: format.number(host.missing.length) })} flags={host.missing} open />
              ),
          },
          {
            title: t('cpu.more'),
            cell: host =>
              host.unused.length === 0 ? (
                t('cpu.nothing')
              ) : (
                <Flags title={t('cpu.count', { n: format.number(host.unused.length) })} flags={host.unused} />
              ),
          },
        ]}
      />
      {hosts.length > most ? (
        <p className="rk-sub">{t('cpu.others', { n: format.number(hosts.length - most) })}</p>
      ) : null}
    </Card>
  )
}

/** Flags of CPUs: machine words, folded away unless they are what one looks for. */
function Flags({ title, flags, open }: { title: string; flags: readonly string[]; open?: boolean }) {
  const words = <code className="rk-flags">{flags.join(' ')}</code>
  return open === true ? words : <ExpandableSection toggleText={title}>{words}</ExpandableSection>
}
