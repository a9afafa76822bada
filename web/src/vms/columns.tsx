import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { useAsk } from '../api/hooks.ts'
import type { ClusterRow, HostRow, VmNowRow, VmRow } from '../api/rows.ts'
import { Bar, Spark } from '../charts/index.ts'
import { Missing, Since, Time, useFormat } from '../format/index.ts'
import { paths } from '../paths.ts'
import { VmStatusLabel } from '../status/index.ts'
import { Go } from '../templates/go.tsx'
import type { Column } from '../templates/list/types.ts'
import { Name } from '../templates/name.tsx'
import { addressesOf } from './addresses.ts'
import { migrationShare } from './migration-share.ts'

/** What the rows of VMs show beside themselves: numbers that move, and the names of hosts and clusters. */
export interface VmExtra {
  now: ReadonlyMap<string, VmNowRow>
  hosts: ReadonlyMap<string, HostRow>
  clusters: ReadonlyMap<string, ClusterRow>
}

const byId = <R extends { id: string }>(rows: readonly R[] | undefined): ReadonlyMap<string, R> =>
  new Map(rows?.map(row => [row.id, row]))

/** Looks up what the shown VMs need. */
export function useVmExtra(ids: readonly string[]): VmExtra {
  const { data: now } = useAsk('vm.now', { ids: [...ids] }, { enabled: ids.length > 0, keep: true })
  const { data: hosts } = useAsk('host.list', {})
  const { data: clusters } = useAsk('cluster.list', {})
  return useMemo(() => ({ now: byId(now), hosts: byId(hosts), clusters: byId(clusters) }), [now, hosts, clusters])
}

const vcpus = ({ config }: VmRow) => config.cpu.sockets * config.cpu.cores * config.cpu.threads

/** The columns of VMs. */
export function useVmColumns(): readonly Column<VmRow, VmExtra>[] {
  const { t } = useTranslation('vms')
  const format = useFormat()
  return useMemo(() => {
    const column = (
      key: string,
      rest: Omit<Column<VmRow, VmExtra>, 'key' | 'title'> & { title: string },
    ): Column<VmRow, VmExtra> => ({ key, ...rest })
    const off = <Missing why={t('notRunning')} />
    return [
      column('name', {
        title: t('column.name'),
        sort: 'name',
        width: 2,
        cell: vm => (
          <Go to={paths.vm(vm.id)} tabIndex={-1}>
            <Name text={vm.name} />
          </Go>
        ),
      }),
      column('status', {
        title: t('column.status'),
        sort: 'status',
        width: 1.7,
        cell: vm => <VmStatusLabel vm={vm} progress={migrationShare(vm)} />,
      }),
      column('host', {
        title: t('column.host'),
        sort: 'host',
        width: 1.3,
        cell: (vm, { hosts }) =>
          vm.hostId === null ? off : <Name text={hosts.get(vm.hostId)?.name ?? ''} most={24} />,
      }),
      column('cpu', {
        title: t('column.cpu'),
        sort: 'cpu_usage',
        right: true,
        width: 1.3,
        cell: (vm, { now }) => {
          const numbers = now.get(vm.id)
          return numbers === undefined ? (
            off
          ) : (
            <span className="rk-meter">
              <Spark values={numbers.recentCpu} max={1} />
              <span className="rk-percent">{format.percent(numbers.cpu)}</span>
            </span>
          )
        },
      }),
      column('memory', {
        title: t('column.memory'),
        sort: 'memory',
        width: 2.1,
        cell: (vm, { now }) => {
          const numbers = now.get(vm.id)
          if (numbers === undefined) return format.bytes(vm.config.memory)
          const text = format.bytesOf(numbers.memoryUsed, numbers.memory)
          return (
            <span className="rk-meter">
              <Bar part={numbers.memoryUsed} whole={numbers.memory} label={t('column.memory')} text={text} width={54} />
              <span aria-hidden="true">{text}</span>
            </span>
          )
        },
      }),
      column('address', {
        title: t('column.address'),
        width: 1.5,
        cell: vm => {
          const [first, ...more] = addressesOf(vm)
          if (first === undefined) return vm.runId === null ? off : <Missing why={t('noAgent')} />
          return <span title={[first, ...more].join(', ')}>{first}</span>
        },
      }),
      column('uptime', {
        title: t('column.uptime'),
        sort: 'uptime',
        right: true,
        width: 1,
        cell: vm => (vm.runStartedAt === null ? off : <Since at={vm.runStartedAt} />),
      }),
      column('vcpu', { title: t('column.vcpu'), sort: 'vcpus', right: true, first: false, width: 0.7, cell: vcpus }),
      column('network', {
        title: t('column.network'),
        first: false,
        right: true,
        width: 1.6,
        cell: (vm, { now }) => {
          const numbers = now.get(vm.id)
          if (numbers === undefined) return off
          return `↓ ${format.bitRate(numbers.rxBytes * 8)} ↑ ${format.bitRate(numbers.txBytes * 8)}`
        },
      }),
      column('cluster', {
        title: t('column.cluster'),
        sort: 'cluster',
        first: false,
        width: 1.2,
        cell: (vm, { clusters }) => <Name text={clusters.get(vm.clusterId)?.name ?? ''} most={24} />,
      }),
      column('os', {
        title: t('column.os'),
        sort: 'os',
        first: false,
        width: 1.5,
        cell: vm => <Name text={osOf(vm)} most={32} />,
      }),
      column('fqdn', {
        title: t('column.fqdn'),
        sort: 'fqdn',
        first: false,
        width: 1.5,
        cell: vm => (vm.guest?.hostname == null ? <Missing why={t('noAgent')} /> : <Name text={vm.guest.hostname} />),
      }),
      column('nextRun', {
        title: t('column.nextRun'),
        sort: 'next_run_config_exists',
        first: false,
        width: 1.2,
        cell: vm => (vm.nextRun === null ? '' : t('yesNextRun')),
      }),
      column('description', {
        title: t('column.description'),
        sort: 'description',
        first: false,
        width: 2,
        cell: vm => <Name text={vm.description} most={64} />,
      }),
      column('created', {
        title: t('column.created'),
        sort: 'creationdate',
        first: false,
        width: 1.6,
        cell: vm => <Time at={vm.createdAt} />,
      }),
    ]
  }, [t, format])
}

/** The operating system: what the guest says of itself, else what was configured. */
export const osOf = (vm: VmRow): string =>
  vm.guest?.osName == null
    ? vm.config.os.type
    : `${vm.guest.osName}${vm.guest.osVersion === null ? '' : ` ${vm.guest.osVersion}`}`
