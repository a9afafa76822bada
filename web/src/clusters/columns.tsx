import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { useAsk } from '../api/hooks.ts'
import type { ClusterNowRow, ClusterRow } from '../api/rows.ts'
import { Bar } from '../charts/bar.tsx'
import { Missing, Time, useFormat } from '../format/index.ts'
import { paths } from '../paths.ts'
import { Go } from '../templates/go.tsx'
import type { Column } from '../templates/list/types.ts'
import { Name } from '../templates/name.tsx'

/** What the rows of clusters show beside themselves. */
export interface ClusterExtra {
  now: ReadonlyMap<string, ClusterNowRow>
  /** Names of scheduling policies and data centers by id. */
  names: ReadonlyMap<string, string>
}

/** Looks up what the shown clusters need. */
export function useClusterExtra(ids: readonly string[]): ClusterExtra {
  const { data: now } = useAsk('cluster.now', { ids: [...ids] }, { enabled: ids.length > 0, keep: true })
  const { data: policies } = useAsk('schedulingPolicy.list', {})
  const { data: centers } = useAsk('dataCenter.list', {})
  return useMemo(
    () => ({
      now: new Map(now?.map(row => [row.id, row])),
      names: new Map([...(policies ?? []), ...(centers ?? [])].map(({ id, name }) => [id, name])),
    }),
    [now, policies, centers],
  )
}

/** The columns of clusters. */
export function useClusterColumns(): readonly Column<ClusterRow, ClusterExtra>[] {
  const { t } = useTranslation('clusters')
  const format = useFormat()
  return useMemo(() => {
    const none = <Missing why={t('noNumbers')} />
    const columns: readonly Column<ClusterRow, ClusterExtra>[] = [
      {
        key: 'name',
        title: t('column.name'),
        sort: 'name',
        width: 1.8,
        cell: cluster => (
          <Go to={paths.cluster(cluster.id)} tabIndex={-1}>
            <Name text={cluster.name} />
          </Go>
        ),
      },
      {
        key: 'cpuType',
        title: t('column.cpuType'),
        sort: 'cpu_type',
        width: 2,
        cell: cluster =>
          cluster.cpuType === null ? <Missing why={t('cpuTypeLater')} /> : <Name text={cluster.cpuType} most={32} />,
      },
      {
        key: 'hosts',
        title: t('column.hosts'),
        right: true,
        width: 1,
        cell: (cluster, { now }) => {
          const row = now.get(cluster.id)
          return row === undefined ? none : t('upOf', { up: row.hostsUp, all: row.hosts })
        },
      },
      {
        key: 'vms',
        title: t('column.vms'),
        right: true,
        width: 1,
        cell: (cluster, { now }) => {
          const row = now.get(cluster.id)
          return row === undefined ? none : t('runningOf', { running: row.vmsRunning, all: row.vms })
        },
      },
      {
        key: 'cpu',
        title: t('column.cpu'),
        right: true,
        width: 0.8,
        cell: (cluster, { now }) => {
          const row = now.get(cluster.id)
          return row === undefined || row.cpus === 0 ? none : format.percent(row.cpusUsed / row.cpus)
        },
      },
      {
        key: 'memory',
        title: t('column.memory'),
        width: 2.2,
        cell: (cluster, { now }) => {
          const row = now.get(cluster.id)
          if (row === undefined || row.memory === 0) return none
          const text = format.bytesOf(row.memoryUsed, row.memory)
          return (
            <span className="rk-meter">
              <Bar part={row.memoryUsed} whole={row.memory} label={t('column.memory')} text={text} width={54} />
              <span aria-hidden="true">{text}</span>
            </span>
          )
        },
      },
      {
        key: 'promised',
        title: t('column.promised'),
        right: true,
        width: 1.2,
        cell: (cluster, { now }) => {
          const row = now.get(cluster.id)
          return row === undefined ? none : format.bytes(row.memoryPromised)
        },
      },
      {
        key: 'policy',
        title: t('column.policy'),
        width: 1.5,
        cell: (cluster, { names }) => <Name text={names.get(cluster.schedulingPolicyId) ?? ''} most={28} />,
      },
      {
        key: 'version',
        title: t('column.version'),
        sort: 'compatibility_level',
        width: 0.8,
        cell: cluster => `${cluster.levelMajor}.${cluster.levelMinor}`,
      },
      {
        key: 'dataCenter',
        title: t('column.dataCenter'),
        sort: 'datacenter',
        first: false,
        width: 1.2,
        cell: (cluster, { names }) => <Name text={names.get(cluster.dataCenterId ?? '') ?? ''} most={28} />,
      },
      {
        key: 'description',
        title: t('column.description'),
        sort: 'description',
        first: false,
        width: 2,
        cell: cluster => <Name text={cluster.description} most={64} />,
      },
      {
        key: 'created',
        title: t('column.created'),
        first: false,
        width: 1.6,
        cell: cluster => <Time at={cluster.createdAt} />,
      },
    ]
    return columns
  }, [t, format])
}
