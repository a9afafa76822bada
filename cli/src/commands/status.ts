import { readFile } from 'node:fs/promises'
import { humanBytes } from '@rookery/model'
import { EngineApi, fineDomain, fineHost, type Site } from '../engine-api.ts'
import { dataDirOf, type Paths, paths } from '../instance/paths.ts'
import { readSettings, type Settings } from '../instance/settings.ts'
import type { Output } from '../output.ts'
import type { ChildReport } from '../supervisor/child.ts'
import { report, type SupervisorReport } from '../supervisor/control.ts'
import { runningVms } from '../supervisor/namespace.ts'
import { memory } from '../system/proc.ts'
import { vmCount } from './down.ts'
import { advertised } from '../up/configs.ts'
import { describe } from '../up/preflight.ts'
import { reach } from '../system/https.ts'
import { version } from '../version.ts'

/** One part of an instance. `rss` is bytes, shared memory counted once. */
export interface Part {
  readonly state: string
  readonly pid?: number
  readonly rss?: number
  readonly restarts?: number
  readonly since?: string
  readonly error?: string
}

/** What `rookery status --json` prints. */
export interface Status {
  readonly running: boolean
  readonly healthy: boolean
  readonly version: string
  readonly dataDir: string
  readonly mode?: Settings['mode']
  readonly address?: string
  readonly uptimeSeconds?: number
  readonly supervisor?: Part
  readonly engine?: Part
  readonly database?: Part & { readonly kind: 'embedded' | 'outside'; readonly at?: string }
  readonly agent?: Part
  readonly libvirtd?: Part
  readonly virtlogd?: Part
  readonly simulator?: Part
  /** Bytes of all parts together. */
  readonly rss?: number
  readonly hosts?: Site['hosts']
  readonly storageDomains?: Site['storageDomains']
  readonly vms?: Site['vms']
  /** What is wrong, in sentences. */
  readonly problems: readonly string[]
  /** What is less than it could be on this machine, in sentences. */
  readonly notes: readonly string[]
  /** QEMU processes that go on while the instance is down. */
  readonly vmsLeftRunning?: number
}

/** `rookery status`: exit 0 healthy, 1 degraded, 3 not running. */
export async function statusCommand(o: { dataDir?: string }, out: Output): Promise<number> {
  const status = await collect(paths(dataDirOf(o.dataDir)))
  out.result(statusText(status), status)
  return status.running ? (status.healthy ? 0 : 1) : 3
}

/** Asks supervisor and engine. */
export async function collect(p: Paths): Promise<Status> {
  const s = await readSettings(p)
  const sup = s ? await report(p.socket) : undefined
  if (!s || !sup) {
    const left = (await runningVms(p)).length
    return {
      running: false,
      healthy: false,
      version,
      dataDir: p.dataDir,
      problems: [],
      notes: [],
      ...(left ? { vmsLeftRunning: left } : {}),
    }
  }
  const parts = new Map<string, Part>()
  for (const child of sup.children) parts.set(child.name, await part(child))
  const supervisor: Part = { state: 'ready', pid: sup.pid, rss: await ownMemory(sup.pid) }
  const site = await readSite(p, s)
  const problems = problemsOf(sup, site)
  const rss = [...parts.values(), supervisor].reduce((sum, x) => sum + (x.rss ?? 0), 0)
  return {
    running: true,
    healthy: problems.length === 0,
    version: sup.version,
    dataDir: p.dataDir,
    mode: s.mode,
    address: `https://${reach(advertised(s), s.port)}/`,
    uptimeSeconds: Math.round((Date.now() - Date.parse(sup.startedAt)) / 1_000),
    supervisor,
    ...named(parts),
    database: {
      ...(parts.get('postgres') ?? { state: site instanceof Error ? 'unknown' : 'ready' }),
      ...(await where(p, s)),
    },
    rss,
    ...(site instanceof Error ? {} : site),
    problems,
    notes: sup.notes,
  }
}

function named(parts: Map<string, Part>): Pick<Status, 'engine' | 'agent' | 'libvirtd' | 'virtlogd' | 'simulator'> {
  const names = ['engine', 'agent', 'libvirtd', 'virtlogd', 'simulator'] as const
  return Object.fromEntries(names.flatMap(n => (parts.has(n) ? [[n, parts.get(n)]] : [])))
}

async function part(c: ChildReport): Promise<Part> {
  return {
    state: c.state,
    ...(c.pid === undefined
      ? {}
      : { pid: c.pid, rss: await (c.name === 'postgres' ? memory(c.pid) : ownMemory(c.pid)) }),
    restarts: c.restarts,
    ...(c.since ? { since: c.since } : {}),
    ...(c.lastError ? { error: c.lastError } : {}),
  }
}

/** The process alone: below the supervisor are the parts, below libvirtd may be virtual machines. */
async function ownMemory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '') // just ended
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) * 1024
}

async function where(p: Paths, s: Settings): Promise<{ kind: 'embedded' | 'outside'; at?: string }> {
  if (s.database === 'embedded') return { kind: 'embedded' }
  const url = await readFile(p.databaseUrl, 'utf8').catch(() => '') // root's alone
  return { kind: 'outside', ...(url ? { at: describe(url.trim()) } : {}) }
}

async function readSite(p: Paths, s: Settings): Promise<Site | Error> {
  try {
    return await (await EngineApi.of(p, s)).site()
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

/** Pure: everything that keeps the instance from being healthy. */
export function problemsOf(sup: SupervisorReport, site: Site | Error): string[] {
  return [
    ...sup.children
      .filter(c => c.state !== 'ready')
      .map(c => `${c.name} is ${c.state}${c.lastError ? `: it ${c.lastError.split('\n')[0]}` : ''}`),
    ...(site instanceof Error ? [`The engine's API does not answer: ${site.message}`] : []),
    ...(site instanceof Error
      ? []
      : site.hosts.filter(h => !fineHost.has(h.status)).map(h => `host ${h.name} is ${h.status}`)),
    ...(site instanceof Error
      ? []
      : site.storageDomains.filter(d => !fineDomain.has(d.status)).map(d => `storage domain ${d.name} is ${d.status}`)),
  ]
}

/** The status for people. */
export function statusText(s: Status): string {
  if (!s.running)
    return [
      `Not running (${s.dataDir}). Start it with: ./rookery up`,
      ...(s.vmsLeftRunning ? [`${vmCount(s.vmsLeftRunning)} still running; the next "up" finds what runs.`] : []),
    ].join('\n')
  const line = (name: string, p: Part | undefined, more = '') =>
    p === undefined
      ? []
      : [
          `  ${name.padEnd(10)} ${[p.state, p.pid ? `process ${p.pid}` : '', p.rss ? humanBytes(p.rss) : '', p.restarts ? `${p.restarts} restarts` : '', more].filter(Boolean).join(', ')}`,
        ]
  return [
    `Rookery ${s.version} at ${s.address}, ${s.healthy ? 'healthy' : 'degraded'}, up ${duration(s.uptimeSeconds ?? 0)}, ${humanBytes(s.rss ?? 0)}`,
    ...line('engine', s.engine),
    ...line('database', s.database, s.database?.kind === 'outside' ? `outside, ${s.database.at ?? ''}` : 'embedded'),
    ...line('agent', s.agent),
    ...line('libvirtd', s.libvirtd),
    ...line('virtlogd', s.virtlogd),
    ...line('simulator', s.simulator),
    ...line('supervisor', s.supervisor),
    ...(s.hosts ?? []).slice(0, 20).map(h => `host ${h.name}: ${h.status}`),
    ...(s.storageDomains ?? []).slice(0, 20).map(d => `storage domain ${d.name} (${d.type}): ${d.status}`),
    ...(s.vms ? [`VMs: ${s.vms.up} of ${s.vms.total} run`] : []),
    ...s.problems.map(x => `! ${x}`),
    ...s.notes.map(x => `- ${x}`),
  ].join('\n')
}

/** 93784 → `1 d 2 h`. */
export function duration(seconds: number): string {
  const units = [
    ['d', 86_400],
    ['h', 3_600],
    ['min', 60],
    ['s', 1],
  ] as const
  const parts: string[] = []
  let rest = seconds
  for (const [unit, size] of units) {
    const n = Math.floor(rest / size)
    if (n > 0) parts.push(`${n} ${unit}`)
    rest -= n * size
  }
  return parts.slice(0, 2).join(' ') || '0 s'
}
