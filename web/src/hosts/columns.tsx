import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { useAsk } from '../api/hooks.ts'
import type { ClusterRow, HostNowRow, HostRow } from '../api/rows.ts'
import { Bar, Spark } from '../charts/index.ts'
import { Missing, Since, Time, useFormat } from '../format/index.ts'
import { paths } from '../paths.ts'
import { Status } from '../status/index.ts'
import { Go } from '../templates/go.tsx'
import type { Column } from '../templates/list/types.ts'
import { Name } from '../templates/name.tsx'
import { linksOf, threadsOf } from './facts.ts'

/** What the rows of hosts show beside themselves: numbers that move, and the names of clusters. */
export interface HostExtra {
  now: ReadonlyMap<string, HostNowRow>
  clusters: ReadonlyMap<string, ClusterRow>
}

const byId = <R extends { id: string }>(rows: readonly R[] | undefined): ReadonlyMap<string, R> =>
  new Map(rows?.map(row => [row.id, row]))

/** Looks up what the shown hosts need. */
export function useHostExtra(ids: readonly string[]): HostExtra {
  const { data: now } = useAsk('host.now', { ids: [...ids] }, { enabled: ids.length > 0, keep: true })
  const { data: clusters } = useAsk('cluster.list', {})
  return useMemo(() => ({ now: byId(now), clusters: byId(clusters) }), [now, clusters])
}

/** The columns of hosts. */
export function useHostColumns(): readonly Column<HostRow, HostExtra>[] {
  const { t } = useTranslation('hosts')
  const format = useFormat()
  return useMemo(() => {
    const none = <Missing why={t('noNumbers')} />
    const columns: readonly Column<HostRow, HostExtra>[] = [
      {
        key: 'name',
        title: t('column.name'),
        sort: 'name',
        width: 2,
        cell: host => (
          <Go to={paths.host(host.id)} tabIndex={-1}>
            <Name text={host.name} />
          </Go>
        ),
      },
      {
        key: 'status',
        title: t('column.status'),
        sort: 'status',
        width: 1.6,
        cell: host => <Status kind="host" status={host.status} />,
      },
      {
        key: 'cluster',
        title: t('column.cluster'),
        sort: 'cluster',
        width: 1.2,
        cell: (host, { clusters }) => <Name text={clusters.get(host.clusterId)?.name ?? ''} most={24} />,
      },
      {
        key: 'vms',
        title: t('column.vms'),
        sort: 'active_vms',
        right: true,
        width: 0.7,
        cell: host => format.number(host.vmsTotal),
      },
      {
        key: 'cpu',
        title: t('column.cpu'),
        sort: 'cpu_usage',
        right: true,
        width: 1.7,
        cell: (host, { now }) => {
          const numbers = now.get(host.id)
          return numbers === undefined ? (
            none
          ) : (
            <span className="rk-meter">
              <Spark values={numbers.recentCpu} max={1} />
              <span className="rk-percent">{format.percent(numbers.cpu)}</span>
            </span>
          )
        },
      },
      {
        key: 'memory',
        title: t('column.memory'),
        sort: 'mem_usage',
        width: 2.4,
        cell: (host, { now }) => {
          const numbers = now.get(host.id)
          if (numbers === undefined) return host.facts === null ? none : format.bytes(host.facts.memory)
          const text = format.bytesOf(numbers.memoryUsed, numbers.memory)
          return (
            <span className="rk-meter">
              <Bar part={numbers.memoryUsed} whole={numbers.memory} label={t('column.memory')} text={text} width={40} />
              <span aria-hidden="true">{text}</span>
            </span>
          )
        },
      },
      {
        key: 'network',
        title: t('column.network'),
        width: 1.1,
        cell: host => {
          if (host.facts === null) return none
          const nics = linksOf(host.facts)
          return t('nicsUp', { up: nics.filter(nic => nic.up).length, all: nics.length })
        },
      },
      { key: 'spm', title: t('column.spm'), width: 0.9, cell: host => t(`spm.${host.spmStatus}`) },
      {
        key: 'agent',
        title: t('column.agent'),
        sort: 'version',
        width: 0.9,
        cell: host => (host.facts === null ? none : <bdi>{host.facts.agentVersion}</bdi>),
      },
      {
        key: 'acceleration',
        title: t('column.acceleration'),
        first: false,
        width: 1.2,
        cell: host =>
          host.facts === null ? (
            none
          ) : (
            <span title={host.facts.acceleration.reason}>{t(`acceleration.${host.facts.acceleration.kind}`)}</span>
          ),
      },
      {
        key: 'address',
        title: t('column.address'),
        sort: 'address',
        first: false,
        width: 1.4,
        cell: host => <Name text={host.address} most={40} />,
      },
      {
        key: 'threads',
        title: t('column.threads'),
        sort: 'cpus',
        first: false,
        right: true,
        width: 0.8,
        cell: host => (host.facts === null ? none : format.number(threadsOf(host.facts))),
      },
      {
        key: 'promised',
        title: t('column.promised'),
        sort: 'committed_mem',
        first: false,
        right: true,
        width: 1.1,
        cell: host => format.bytes(host.committedMemory),
      },
      {
        key: 'ksm',
        title: t('column.ksm'),
        first: false,
        right: true,
        width: 1,
        cell: host => (host.stats === null ? none : format.bytes(host.stats.memoryShared)),
      },
      {
        key: 'os',
        title: t('column.os'),
        first: false,
        width: 1.5,
        cell: host => (host.facts === null ? none : <Name text={`${host.facts.os.name} ${host.facts.os.version}`} />),
      },
      {
        key: 'qemu',
        title: t('column.qemu'),
        first: false,
        width: 0.9,
        cell: host => (host.facts === null ? none : <bdi>{host.facts.qemuVersion}</bdi>),
      },
      {
        key: 'libvirt',
        title: t('column.libvirt'),
        first: false,
        width: 0.9,
        cell: host => (host.facts === null ? none : <bdi>{host.facts.libvirtVersion}</bdi>),
      },
      {
        key: 'uptime',
        title: t('column.uptime'),
        first: false,
        right: true,
        width: 0.9,
        cell: host => (host.stats === null ? none : <Since at={host.stats.bootTime} />),
      },
      {
        key: 'comment',
        title: t('column.comment'),
        sort: 'comment',
        first: false,
        width: 1.6,
        cell: host => <Name text={host.comment} most={48} />,
      },
      {
        key: 'created',
        title: t('column.created'),
        first: false,
        width: 1.6,
        cell: host => <Time at={host.createdAt} />,
      },
    ]
    return columns
  }, [t, format])
}
