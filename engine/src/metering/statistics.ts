import type { HostStats, MigrationProgress, RunStats } from '@rookery/protocol'
import type { StatisticRow } from './types.ts'

type Shape = Pick<StatisticRow, 'kind' | 'type' | 'unit'>

const bytes: Shape = { kind: 'gauge', type: 'integer', unit: 'bytes' }
const percent: Shape = { kind: 'gauge', type: 'decimal', unit: 'percent' }
const none: Shape = { kind: 'gauge', type: 'integer', unit: 'none' }
const seconds: Shape = { kind: 'gauge', type: 'decimal', unit: 'seconds' }
const total: Shape = { kind: 'counter', type: 'integer', unit: 'bytes' }
const errors: Shape = { kind: 'counter', type: 'integer', unit: 'none' }
const byteRate: Shape = { kind: 'gauge', type: 'decimal', unit: 'bytes_per_second' }
const bitRate: Shape = { kind: 'gauge', type: 'decimal', unit: 'bits_per_second' }
const ops: Shape = { kind: 'counter', type: 'decimal', unit: 'count_per_second' }

const row = (
  ownerId: string,
  shape: Shape,
  name: string,
  description: string,
  ...values: (number | string)[]
): StatisticRow => ({
  ownerId,
  name,
  description,
  ...shape,
  values: values.map(value =>
    typeof value === 'number' && shape.type === 'decimal' ? Math.round(value * 1e6) / 1e6 : value,
  ),
})

/** Numbers of a host; names, units and kinds are oVirt's (fact sheet 2.4, Hosts). Zeros before the first report. */
export function hostNumbers(id: string, memory: number, s: HostStats | null): StatisticRow[] {
  const share = (part: number | undefined) => (part ?? 0) * 100
  return [
    row(id, bytes, 'memory.total', 'Total memory', memory),
    row(id, bytes, 'memory.used', 'Used memory', s?.memoryUsed ?? 0),
    row(id, bytes, 'memory.free', 'Free memory', s?.memoryFree ?? 0),
    row(id, bytes, 'memory.shared', 'Shared memory', s?.memoryShared ?? 0),
    row(id, bytes, 'swap.total', 'Total swap', s?.swapTotal ?? 0),
    row(id, bytes, 'swap.free', 'Free swap', (s?.swapTotal ?? 0) - (s?.swapUsed ?? 0)),
    row(id, bytes, 'swap.used', 'Used swap', s?.swapUsed ?? 0),
    row(id, percent, 'ksm.cpu.current', 'KSM CPU usage', share(s?.ksmCpu)),
    row(id, percent, 'cpu.current.user', 'User CPU usage', share(s?.cpuUser)),
    row(id, percent, 'cpu.current.system', 'System CPU usage', share(s?.cpuSystem)),
    row(id, percent, 'cpu.current.idle', 'Idle CPU usage', share(s?.cpuIdle ?? 1)),
    row(id, { ...percent, unit: 'none' }, 'cpu.load.avg.5m', 'CPU 5 minute load average', s?.load5 ?? 0),
    row(id, none, 'boot.time', 'Boot time of the machine', Math.floor((s?.bootTime ?? 0) / 1000)),
    row(id, none, 'hugepages.KB.free', 'Amount of free huge pages', 0),
    row(id, none, 'hugepages.KB.total', 'Amount of all huge pages', 0),
  ]
}

/** Numbers of a VM (fact sheet 2.4, VM sub-resources). Zeros while it does not run. */
export function vmNumbers(
  id: string,
  memory: number,
  startedAt: Date | null,
  s: RunStats | null,
  now: Date,
  migration: MigrationProgress | null = null,
): StatisticRow[] {
  const cpu = (s?.cpu ?? 0) * 100
  const migrated =
    migration === null || migration.total === 0
      ? 0
      : Math.floor((100 * (migration.total - migration.remaining)) / migration.total)
  const used = s?.memoryUsed ?? 0
  const usedPercent = memory === 0 ? 0 : Math.min(100, (used / memory) * 100)
  // Against a gigabit, which oVirt takes for a card that does not say.
  const network = Math.min(100, (((s?.rxBytes ?? 0) + (s?.txBytes ?? 0)) * 8 * 100) / 1e9)
  const elapsed = s === null || startedAt === null ? 0 : Math.max(0, (now.getTime() - startedAt.getTime()) / 1000)
  return [
    row(id, bytes, 'memory.installed', 'Total memory configured', memory),
    row(id, bytes, 'memory.used', 'Memory used (agent)', used),
    row(id, bytes, 'memory.free', 'Memory free (agent)', Math.max(0, memory - used)),
    row(id, bytes, 'memory.buffered', 'Memory buffered (agent)', s?.memoryBuffers ?? 0),
    row(id, bytes, 'memory.cached', 'Memory cached (agent)', s?.memoryCached ?? 0),
    row(id, bytes, 'memory.unused', 'Memory unused (agent)', s?.memoryUnused ?? 0),
    row(id, percent, 'cpu.current.guest', 'CPU used by guest', cpu),
    row(id, percent, 'cpu.current.hypervisor', 'CPU overhead', 0),
    row(id, percent, 'cpu.current.total', 'Total CPU used', cpu),
    row(id, percent, 'network.current.total', 'Total network used', network),
    row(id, percent, 'migration.progress', 'Migration progress', migrated),
    row(id, { ...seconds, kind: 'counter' }, 'elapsed.time', 'Elapsed VM run time', elapsed),
    row(
      id,
      { kind: 'gauge', type: 'string', unit: 'none' },
      'disks.usage',
      'Disk usage, in bytes, per filesystem as JSON (agent)',
      '[]',
    ),
    row(id, percent, 'cpu.usage.history', 'List of CPU usage history, sampled every 30 seconds', cpu),
    row(id, percent, 'memory.usage.history', 'List of memory usage history, sampled every 30 seconds', usedPercent),
    row(id, percent, 'network.usage.history', 'List of network usage history, sampled every 30 seconds', network),
  ]
}

/** Numbers of a disk; several guests that share it are added up, latencies are the worst. */
export function diskNumbers(id: string, disks: RunStats['disks']): StatisticRow[] {
  const sum = (of: (d: RunStats['disks'][number]) => number) => disks.reduce((all, disk) => all + of(disk), 0)
  const worst = (of: (d: RunStats['disks'][number]) => number) => Math.max(0, ...disks.map(of))
  return [
    row(
      id,
      byteRate,
      'data.current.read',
      'Read data rate',
      sum(d => d.readBytes),
    ),
    row(
      id,
      byteRate,
      'data.current.write',
      'Write data rate',
      sum(d => d.writeBytes),
    ),
    row(
      id,
      ops,
      'data.current.read_ops',
      'Read operations',
      sum(d => d.readOps),
    ),
    row(
      id,
      ops,
      'data.current.write_ops',
      'Write operations',
      sum(d => d.writeOps),
    ),
    row(
      id,
      seconds,
      'disk.read.latency',
      'Read latency',
      worst(d => d.readLatency),
    ),
    row(
      id,
      seconds,
      'disk.write.latency',
      'Write latency',
      worst(d => d.writeLatency),
    ),
    row(
      id,
      seconds,
      'disk.flush.latency',
      'Flush latency',
      worst(d => d.flushLatency),
    ),
  ]
}

/** Numbers of a network card. */
export function nicNumbers(
  id: string,
  s: Pick<RunStats, 'rxBytes' | 'txBytes' | 'rxTotal' | 'txTotal'> | null,
): StatisticRow[] {
  const [rx, tx] = [s?.rxBytes ?? 0, s?.txBytes ?? 0]
  return [
    row(id, byteRate, 'data.current.rx', 'Receive data rate', rx),
    row(id, byteRate, 'data.current.tx', 'Transmit data rate', tx),
    row(id, bitRate, 'data.current.rx.bps', 'Receive data rate', rx * 8),
    row(id, bitRate, 'data.current.tx.bps', 'Transmit data rate', tx * 8),
    row(id, total, 'data.total.rx', 'Total received data', s?.rxTotal ?? 0),
    row(id, total, 'data.total.tx', 'Total transmitted data', s?.txTotal ?? 0),
    row(id, errors, 'errors.total.rx', 'Total receive errors', 0),
    row(id, errors, 'errors.total.tx', 'Total transmit errors', 0),
  ]
}
