import type { HostStats, RunStats } from '@rookery/protocol'
import type { StatisticRow } from './types.ts'

type Shape = Pick<StatisticRow, 'kind' | 'type' | 'unit'>

const bytes: Shape = { kind: 'gauge', type: 'integer', unit: 'bytes' }
const percent: Shape = { kind: 'gauge', type: 'decimal', unit: 'percent' }
const rate: Shape = { kind: 'gauge', type: 'decimal', unit: 'bytes_per_second' }
const bits: Shape = { kind: 'gauge', type: 'decimal', unit: 'bits_per_second' }
const plain: Shape = { kind: 'gauge', type: 'integer', unit: 'none' }
const total: Shape = { kind: 'counter', type: 'integer', unit: 'bytes' }
const operations: Shape = { kind: 'counter', type: 'decimal', unit: 'none' }
const latency: Shape = { kind: 'gauge', type: 'decimal', unit: 'seconds' }

/** One number of the catalogue: oVirt's name (fact sheet 2.4), what it is, and how it is read from what a host reports. */
interface Metric<S> {
  name: string
  description: string
  shape: Shape
  value: (stats: S) => number
}

const metric = <S>(name: string, description: string, shape: Shape, value: (stats: S) => number): Metric<S> => ({
  name,
  description,
  shape,
  value,
})
const hundredths = (fraction: number) => Math.round(fraction * 10_000) / 100

/** What a host is asked with: its newest numbers and its memory in bytes. */
export type HostInput = HostStats & { memory: number }

const host: Metric<HostInput>[] = [
  metric('memory.total', 'Total memory', bytes, s => s.memory),
  metric('memory.used', 'Used memory', bytes, s => s.memoryUsed),
  metric('memory.free', 'Free memory', bytes, s => s.memoryFree),
  metric('memory.shared', 'Shared memory', bytes, s => s.memoryShared),
  metric('swap.total', 'Total swap', bytes, s => s.swapTotal),
  metric('swap.free', 'Free swap', bytes, s => s.swapTotal - s.swapUsed),
  metric('swap.used', 'Used swap', bytes, s => s.swapUsed),
  metric('ksm.cpu.current', 'KSM CPU usage', percent, s => hundredths(s.ksmCpu)),
  metric('cpu.current.user', 'User CPU usage', percent, s => hundredths(s.cpuUser)),
  metric('cpu.current.system', 'System CPU usage', percent, s => hundredths(s.cpuSystem)),
  metric('cpu.current.idle', 'Idle CPU', percent, s => hundredths(s.cpuIdle)),
  metric('cpu.load.avg.5m', 'Load average of five minutes', percent, s => s.load5),
  metric('boot.time', 'Boot time of the machine', plain, s => Math.floor(s.bootTime)),
]

/** What a VM is asked with: its newest numbers, its memory in bytes and seconds since its start; no numbers without a run. */
export interface VmInput {
  stats: RunStats | null
  memory: number
  uptime: number
}

const vm: Metric<VmInput>[] = [
  metric('memory.installed', 'Total memory configured', bytes, s => s.memory),
  metric('memory.used', 'Memory used (agent)', bytes, s => s.stats?.memoryUsed ?? 0),
  metric('memory.free', 'Memory free (agent)', bytes, s => s.stats?.memoryUnused ?? 0),
  metric('memory.unused', 'Memory unused (agent)', bytes, s => s.stats?.memoryUnused ?? 0),
  metric('memory.buffered', 'Memory buffered (agent)', bytes, s => s.stats?.memoryBuffers ?? 0),
  metric('memory.cached', 'Memory cached (agent)', bytes, s => s.stats?.memoryCached ?? 0),
  metric('cpu.current.guest', 'CPU used by guest', percent, s => hundredths(s.stats?.cpu ?? 0)),
  metric('cpu.current.hypervisor', 'CPU overhead', percent, () => 0),
  metric('cpu.current.total', 'Total CPU used', percent, s => hundredths(s.stats?.cpu ?? 0)),
  metric('network.current.total', 'Total network used', rate, s =>
    s.stats === null ? 0 : s.stats.rxBytes + s.stats.txBytes,
  ),
  metric('migration.progress', 'Migration progress', percent, () => 0),
  metric('elapsed.time', 'Elapsed VM time', { kind: 'counter', type: 'integer', unit: 'seconds' }, s =>
    Math.max(0, Math.floor(s.uptime)),
  ),
]

type DiskStats = RunStats['disks'][number]

const disk: Metric<DiskStats | null>[] = [
  metric('data.current.read', 'Read data rate', rate, s => s?.readBytes ?? 0),
  metric('data.current.write', 'Write data rate', rate, s => s?.writeBytes ?? 0),
  metric('data.current.read_ops', 'Read operations', operations, s => s?.readOps ?? 0),
  metric('data.current.write_ops', 'Write operations', operations, s => s?.writeOps ?? 0),
  metric('disk.read.latency', 'Read latency', latency, s => s?.readLatency ?? 0),
  metric('disk.write.latency', 'Write latency', latency, s => s?.writeLatency ?? 0),
  metric('disk.flush.latency', 'Flush latency', latency, s => s?.flushLatency ?? 0),
]

/** What a network card is asked with; the host reports the sum of a VM's cards. */
export type NicInput = Pick<RunStats, 'rxBytes' | 'txBytes' | 'rxTotal' | 'txTotal'> | null

const nic: Metric<NicInput>[] = [
  metric('data.current.rx', 'Receive data rate', rate, s => s?.rxBytes ?? 0),
  metric('data.current.tx', 'Transmit data rate', rate, s => s?.txBytes ?? 0),
  metric('data.current.rx.bps', 'Receive data rate', bits, s => (s?.rxBytes ?? 0) * 8),
  metric('data.current.tx.bps', 'Transmit data rate', bits, s => (s?.txBytes ?? 0) * 8),
  metric('data.total.rx', 'Total received data', total, s => s?.rxTotal ?? 0),
  metric('data.total.tx', 'Total transmitted data', total, s => s?.txTotal ?? 0),
  metric('errors.total.rx', 'Total receive errors', { ...total, unit: 'none' }, () => 0),
  metric('errors.total.tx', 'Total transmit errors', { ...total, unit: 'none' }, () => 0),
]

const rowsOf = <S>(metrics: readonly Metric<S>[], ownerId: string, input: S): StatisticRow[] =>
  metrics.map(({ name, description, shape, value }) => {
    const number = value(input)
    return { ownerId, name, description, ...shape, values: [shape.type === 'integer' ? Math.round(number) : number] }
  })

export const hostRows = (id: string, input: HostInput): StatisticRow[] => rowsOf(host, id, input)
export const vmRows = (id: string, input: VmInput): StatisticRow[] => rowsOf(vm, id, input)
export const diskRows = (id: string, input: DiskStats | null): StatisticRow[] => rowsOf(disk, id, input)
export const nicRows = (id: string, input: NicInput): StatisticRow[] => rowsOf(nic, id, input)
