import type { HostStats, RunStats } from '@rookery/protocol'
import { z } from 'zod'
import { query } from '../core/query.ts'
import { visible } from '../core/visible.ts'
import { find } from '../inventory/access.ts'
import { id } from '../inventory/input.ts'
import { type History, hostPoints, keepHours, recentCpu, recentHostCpu, toHistory, vmPoints } from './samples.ts'

/** The numbers of this moment, as lists and dashboards show them. Rates are per second, CPU is a fraction of what it has. */
export interface VmNow {
  id: string
  /** When its host said so. */
  at: Date
  cpu: number
  memory: number
  memoryUsed: number
  rxBytes: number
  txBytes: number
  readBytes: number
  writeBytes: number
  readOps: number
  writeOps: number
  /** CPU of the last minutes, oldest first. */
  recentCpu: number[]
}

/** The same of a host; traffic and disks are those of its VMs together. */
export interface HostNow {
  id: string
  at: Date
  cpu: number
  memory: number
  memoryUsed: number
  rxBytes: number
  txBytes: number
  readBytes: number
  writeBytes: number
  /** How long its storage takes to read and to write, seconds: the worst disk of its VMs; null: nothing was read or written. */
  readLatency: number | null
  writeLatency: number | null
  recentCpu: number[]
}

/** What the VMs of a host do together. */
interface VmsOfHost {
  rxBytes: number
  txBytes: number
  readBytes: number
  writeBytes: number
  readLatency: number | null
  writeLatency: number | null
}

/** How much of the past a row's sparkline shows, minutes. */
const recentMinutes = 5

const ids = z.strictObject({ ids: z.array(id).max(1000) })

/** The newest numbers of running VMs; those that do not run have none. */
export const vmNow = query({
  name: 'vm.now',
  input: ids,
  async run(ctx, i): Promise<VmNow[]> {
    const rows = await ctx.sql<{ id: string; at: Date; memory: number; stats: RunStats }>`
      select v.id, n.at, (coalesce(v.run_config, v.config) ->> 'memory')::bigint as memory, n.stats
        from ${visible(ctx, 'vm')} v join vm_now n on n.vm_id = v.id and v.run_id is not null
       where v.id = any (${i.ids}::uuid[])`
    const recent = await recentCpu(
      ctx.sql,
      rows.map(row => row.id),
      recentMinutes,
    )
    return rows.map(({ id, at, memory, stats }) => {
      const sum = (of: (disk: RunStats['disks'][number]) => number) =>
        stats.disks.reduce((all, disk) => all + of(disk), 0)
      return {
        id,
        at,
        cpu: stats.cpu,
        memory,
        memoryUsed: stats.memoryUsed,
        rxBytes: stats.rxBytes,
        txBytes: stats.txBytes,
        readBytes: sum(disk => disk.readBytes),
        writeBytes: sum(disk => disk.writeBytes),
        readOps: sum(disk => disk.readOps),
        writeOps: sum(disk => disk.writeOps),
        recentCpu: recent.get(id) ?? [],
      }
    })
  },
})

/** The newest numbers of hosts that have said any. */
export const hostNow = query({
  name: 'host.now',
  input: ids,
  async run(ctx, i): Promise<HostNow[]> {
    const rows = await ctx.sql<{ id: string; at: Date; memory: number | null; stats: HostStats } & VmsOfHost>`
      select v.id, n.at, (v.facts ->> 'memory')::bigint as memory, n.stats, m.*
        from ${visible(ctx, 'host')} v join host_now n on n.host_id = v.id,
             lateral (
               select coalesce(sum((s.stats ->> 'rxBytes')::float8), 0) as rx_bytes, coalesce(sum((s.stats ->> 'txBytes')::float8), 0) as tx_bytes,
                      coalesce(sum(d.read_bytes), 0) as read_bytes, coalesce(sum(d.write_bytes), 0) as write_bytes,
                      nullif(max(d.read_latency), 0) as read_latency, nullif(max(d.write_latency), 0) as write_latency
                 from vm_run r join vm_now s on s.vm_id = r.vm_id,
                      lateral (
                        select sum((x ->> 'readBytes')::float8) as read_bytes, sum((x ->> 'writeBytes')::float8) as write_bytes,
                               max((x ->> 'readLatency')::float8) as read_latency, max((x ->> 'writeLatency')::float8) as write_latency
                          from jsonb_array_elements(s.stats -> 'disks') x) d
                where r.host_id = v.id and not r.incoming) m
       where v.id = any (${i.ids}::uuid[])`
    const recent = await recentHostCpu(
      ctx.sql,
      rows.map(row => row.id),
      recentMinutes,
    )
    return rows.map(({ stats, memory, ...row }) => ({
      ...row,
      cpu: stats.cpuUser + stats.cpuSystem,
      memory: memory ?? 0,
      memoryUsed: stats.memoryUsed,
      recentCpu: recent.get(row.id) ?? [],
    }))
  },
})

const time = z.int().min(0).max(8_640_000_000_000_000)

/** A stretch of time in milliseconds since 1970, and how many points a chart has room for. */
const range = z
  .strictObject({ id, from: time, to: time, points: z.int().min(10).max(2000).default(400) })
  .refine(i => i.from < i.to, { path: ['from'], message: 'must be before "to"' })

const bucket = (i: z.output<typeof range>): number => Math.max(15, Math.ceil((i.to - i.from) / 1000 / i.points))

const asked = (i: z.output<typeof range>) => ({
  id: i.id,
  from: new Date(Math.max(i.from, i.to - keepHours * 3_600_000)),
  to: new Date(i.to),
  bucketSeconds: bucket(i),
})

/** Numbers of a VM over a time, for charts. At most the last six hours are kept. */
export const vmHistory = query({
  name: 'vm.history',
  input: range,
  async run(ctx, i): Promise<History> {
    await find(ctx, 'vm', i.id)
    return toHistory(await vmPoints(ctx.sql, asked(i)), bucket(i))
  },
})

/** Numbers of a host over a time; traffic and disks are those of its VMs together. */
export const hostHistory = query({
  name: 'host.history',
  input: range,
  async run(ctx, i): Promise<History> {
    await find(ctx, 'host', i.id)
    return toHistory(await hostPoints(ctx.sql, asked(i)), bucket(i))
  },
})
