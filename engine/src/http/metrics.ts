import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import { type Observation, observers } from '../core/observe.ts'
import type { Db } from '../db/index.ts'

/** Prometheus metrics of one engine. */
export interface Metrics {
  /** The text for a scrape, and its content type. */
  scrape(): Promise<{ type: string; text: string }>
  stop(): void
}

/** What is read at each scrape. */
export interface MetricSources {
  db: Db
  jobs: () => number
  streams: () => number
  leaseHolds: () => boolean
  version: string
}

const buckets = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30]

/** Counts and times of everything that passes through `call`, steps, requests and reconcilers, and what stands in the database. */
export function createMetrics(sources: MetricSources): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'rookery_' })
  const registers = [registry]
  const labelNames = ['what', 'name'] as const
  const count = new Counter({
    name: 'rookery_calls_total',
    help: 'Operations, queries, job steps, requests and reconciler runs by outcome',
    labelNames: [...labelNames, 'outcome'],
    registers,
  })
  const seconds = new Histogram({
    name: 'rookery_call_seconds',
    help: 'How long they took',
    labelNames,
    buckets,
    registers,
  })
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name: `rookery_${name}`,
      help,
      registers,
      collect: function () {
        this.set(read())
      },
    })
  new Gauge({ name: 'rookery_info', help: 'This release', labelNames: ['version'], registers }).set(
    { version: sources.version },
    1,
  )
  gauge('jobs_here', 'Jobs this engine works on', sources.jobs)
  gauge('streams', 'Open streams of changes', sources.streams)
  gauge('lease', 'Whether the lease of this engine holds', () => (sources.leaseHolds() ? 1 : 0))
  gauge('database_connections', 'Connections of the pool', () => sources.db.pool.totalCount)
  gauge('database_waiting', 'Requests that wait for a connection', () => sources.db.pool.waitingCount)
  const inDatabase = new Gauge({
    name: 'rookery_jobs',
    help: 'Jobs that have not ended, in all engines',
    labelNames: ['status'],
    registers,
  })
  const tell = ({ what, name, seconds: took, outcome }: Observation) => {
    count.inc({ what, name, outcome })
    seconds.observe({ what, name }, took)
  }
  observers.add(tell)
  return {
    async scrape() {
      const rows = await sources.db.sql<{ status: string; n: number }>`
        select status, count(*)::int as n from job where ended_at is null group by status`
      inDatabase.reset()
      for (const status of ['queued', 'running', 'undoing', 'stuck'])
        inDatabase.set({ status }, rows.find(row => row.status === status)?.n ?? 0)
      return { type: registry.contentType, text: await registry.metrics() }
    },
    stop() {
      observers.delete(tell)
      registry.clear()
    },
  }
}
