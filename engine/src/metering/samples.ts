import type { Ctx } from '../core/ctx.ts'
import { json, type Sql } from '../db/index.ts'
import { reconciler } from '../reconcile/reconciler.ts'
import type { HostNumbers } from './apply.ts'

/** How long raw numbers are kept, hours: the longest range that a live chart offers. */
export const keepHours = 6

/** Keeps a row for each host with its numbers and those of all its runs, at the database's time: a host with a wrong clock spoils no chart. */
export async function recordSamples(ctx: Ctx, numbers: readonly HostNumbers[]): Promise<void> {
  const rows = numbers.map(({ hostId, line: { host, runs } }) => {
    const sum = (of: (disk: (typeof runs)[number]['disks'][number]) => number) =>
      runs.map(run => run.disks.reduce((all, disk) => all + of(disk), 0))
    return {
      id: hostId,
      cpu: host.cpuUser + host.cpuSystem,
      used: Math.round(host.memoryUsed),
      vms: runs.map(run => run.vmId),
      vm_cpu: runs.map(run => run.cpu),
      vm_memory: runs.map(run => Math.round(run.memoryUsed)),
      rx: runs.map(run => run.rxBytes),
      tx: runs.map(run => run.txBytes),
      read: sum(disk => disk.readBytes),
      write: sum(disk => disk.writeBytes),
      read_ops: sum(disk => disk.readOps),
      write_ops: sum(disk => disk.writeOps),
    }
  })
  await ctx.sql`
    insert into sample (host_id, at, cpu, memory_used, vm_ids, vm_cpu, vm_memory, vm_rx, vm_tx, vm_read, vm_write, vm_read_ops, vm_write_ops)
    select h.id, clock_timestamp(), n.cpu, n.used, n.vms, n.vm_cpu, n.vm_memory, n.rx, n.tx, n.read, n.write, n.read_ops, n.write_ops
      from jsonb_to_recordset(${json(rows)}::jsonb)
           as n(id uuid, cpu real, used bigint, vms uuid[], vm_cpu real[], vm_memory bigint[], rx real[], tx real[],
                read real[], write real[], read_ops real[], write_ops real[])
      join host h on h.id = n.id
    on conflict do nothing`
}

/** A chart's columns; the same index is the same moment, null is a gap. Rates are bytes or operations a second, CPU is a fraction. */
export interface History {
  /** Milliseconds since 1970. */
  at: number[]
  cpu: (number | null)[]
  memoryUsed: (number | null)[]
  rxBytes: (number | null)[]
  txBytes: (number | null)[]
  readBytes: (number | null)[]
  writeBytes: (number | null)[]
  readOps: (number | null)[]
  writeOps: (number | null)[]
}

const columns = [
  'cpu',
  'memoryUsed',
  'rxBytes',
  'txBytes',
  'readBytes',
  'writeBytes',
  'readOps',
  'writeOps',
] as const satisfies readonly Exclude<keyof History, 'at'>[]

type Point = { at: Date } & Record<(typeof columns)[number], number | null>

/** What a chart is asked for. */
export interface Range {
  id: string
  from: Date
  to: Date
  /** The widest a point may be, seconds: numbers within one are averaged. */
  bucketSeconds: number
}

/** Numbers of one VM, averaged within buckets. */
export const vmPoints = (sql: Sql, r: Range): Promise<Point[]> =>
  sql<Point>`
    with raw as (
      select array_position(s.vm_ids, ${r.id}::uuid) as i, s.*
        from sample s where s.vm_ids @> array[${r.id}::uuid] and s.at between ${r.from} and ${r.to})
    select to_timestamp(floor(extract(epoch from at) / ${r.bucketSeconds}::int) * ${r.bucketSeconds}::int) as at,
           avg(vm_cpu[i]) as cpu, avg(vm_memory[i])::float8 as memory_used, avg(vm_rx[i]) as rx_bytes, avg(vm_tx[i]) as tx_bytes,
           avg(vm_read[i]) as read_bytes, avg(vm_write[i]) as write_bytes, avg(vm_read_ops[i]) as read_ops,
           avg(vm_write_ops[i]) as write_ops
      from raw group by 1 order by 1`

/** Numbers of one host; traffic and disks are those of its VMs together. */
export const hostPoints = (sql: Sql, r: Range): Promise<Point[]> =>
  sql<Point>`
    with raw as (
      select s.at, s.cpu, s.memory_used,
             (select coalesce(sum(x), 0) from unnest(s.vm_rx) x) as rx, (select coalesce(sum(x), 0) from unnest(s.vm_tx) x) as tx,
             (select coalesce(sum(x), 0) from unnest(s.vm_read) x) as read, (select coalesce(sum(x), 0) from unnest(s.vm_write) x) as write,
             (select coalesce(sum(x), 0) from unnest(s.vm_read_ops) x) as read_ops,
             (select coalesce(sum(x), 0) from unnest(s.vm_write_ops) x) as write_ops
        from sample s where s.host_id = ${r.id}::uuid and s.at between ${r.from} and ${r.to})
    select to_timestamp(floor(extract(epoch from at) / ${r.bucketSeconds}::int) * ${r.bucketSeconds}::int) as at,
           avg(cpu) as cpu, avg(memory_used)::float8 as memory_used, avg(rx) as rx_bytes, avg(tx) as tx_bytes,
           avg(read) as read_bytes, avg(write) as write_bytes, avg(read_ops) as read_ops, avg(write_ops) as write_ops
      from raw group by 1 order by 1`

/** Hosts report every 15 s; two reports that fail to come are a gap. */
const gapSeconds = 40

/** Columns of points, with a null where reports were missing, so that a chart shows a gap and no line. */
export function toHistory(points: readonly Point[], bucketSeconds: number): History {
  const history: History = {
    at: [],
    cpu: [],
    memoryUsed: [],
    rxBytes: [],
    txBytes: [],
    readBytes: [],
    writeBytes: [],
    readOps: [],
    writeOps: [],
  }
  const gapMs = Math.max(gapSeconds, bucketSeconds * 2.5) * 1000
  let last: number | undefined
  for (const point of points) {
    const at = point.at.getTime()
    if (last !== undefined && at - last > gapMs) {
      history.at.push(last + Math.round((at - last) / 2))
      for (const column of columns) history[column].push(null)
    }
    history.at.push(at)
    for (const column of columns) history[column].push(point[column])
    last = at
  }
  return history
}

/** Of each VM, the CPU of its newest samples, oldest first. */
export async function recentCpu(sql: Sql, vmIds: readonly string[], minutes: number): Promise<Map<string, number[]>> {
  const rows = await sql<{ id: string; cpu: number[] }>`
    select u.id, array_agg(u.cpu order by s.at) as cpu
      from sample s, unnest(s.vm_ids, s.vm_cpu) as u(id, cpu)
     where s.at > now() - make_interval(mins => ${minutes}) and s.vm_ids && ${vmIds}::uuid[] and u.id = any (${vmIds}::uuid[])
     group by u.id`
  return new Map(rows.map(row => [row.id, row.cpu]))
}

/** Of each host, the CPU of its newest samples, oldest first. */
export async function recentHostCpu(
  sql: Sql,
  hostIds: readonly string[],
  minutes: number,
): Promise<Map<string, number[]>> {
  const rows = await sql<{ id: string; cpu: number[] }>`
    select s.host_id as id, array_agg(s.cpu order by s.at) as cpu from sample s
     where s.at > now() - make_interval(mins => ${minutes}) and s.host_id = any (${hostIds}::uuid[]) group by s.host_id`
  return new Map(rows.map(row => [row.id, row.cpu]))
}

/** Drops what is older than {@link keepHours}. */
export const samplesReconciler = reconciler('samples', { every: '5m' }, async ctx => {
  await ctx.sql.run`delete from sample where at < now() - make_interval(hours => ${keepHours})`
})

/** Numbers come from every host every 15 s; pages are told at most once in this time, whatever the number of hosts. */
const tickMs = 1000
let tick: NodeJS.Timeout | undefined

/** Tells every engine's live pages, a moment later and once for all who ask meanwhile, that numbers moved. */
export function tellNumbersMoved(ctx: Ctx): void {
  const { db, log } = ctx.env
  tick ??= setTimeout(() => {
    tick = undefined
    db.transaction(async tx => tx.notify('stats')).catch((error: unknown) =>
      log.debug({ err: error }, 'pages could not be told that numbers moved; they hear of the next ones'),
    )
  }, tickMs).unref()
}
