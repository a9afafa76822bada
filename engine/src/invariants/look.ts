import { setTimeout as pause } from 'node:timers/promises'
import { type Difference, unavailable } from '@rookery/model'
import type { HostInventory } from '@rookery/protocol'
import type { Env } from '../core/ctx.ts'
import type { Sql } from '../db/index.ts'
import { databaseFindings } from './database.ts'
import { type Facts, readFacts } from './facts.ts'
import { type Finding, keyOf } from './finding.ts'
import { hostFindings } from './hosts.ts'

/** What was found, and how. */
export interface Report {
  differences: Difference[]
  /** How often was looked: once when that showed nothing, else twice. */
  looks: number
  /** Hosts that did not say what is on them, and why. Those that count as up are differences too. */
  notLookedAt: { id: string; name: string; status: string; reason: string }[]
}

/** How long a host may take to tell what is on it. */
const hostPatienceMs = 30_000

/** All reads of one look at the database see the same moment. */
const inSnapshot = <T>(env: Env, work: (sql: Sql) => Promise<T>): Promise<T> =>
  env.db.transaction(async ({ sql }) => {
    await sql`set transaction isolation level repeatable read, read only`
    return work(sql)
  })

interface Look {
  findings: Finding[]
  notLookedAt: Report['notLookedAt']
}

/**
 * One look: the database, then every host, then the database again for what jobs began meanwhile. What a job that is not stuck
 * works on is in motion and says nothing: the job's end decides.
 */
async function look(env: Env): Promise<Look> {
  const before = await inSnapshot(env, readFacts)
  const inventories = new Map<string, HostInventory>()
  const notLookedAt: Report['notLookedAt'] = []
  await Promise.all(
    before.hosts.map(async host => {
      try {
        inventories.set(host.id, await ask(env, before, host.id))
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        notLookedAt.push({ id: host.id, name: host.name, status: host.status, reason })
      }
    }),
  )
  const { facts, own } = await inSnapshot(env, async sql => ({
    facts: await readFacts(sql),
    own: await databaseFindings(sql),
  }))
  const silent = notLookedAt
    .filter(host => host.status === 'up')
    .map(({ id, name, reason }) => ({
      invariant: 'host.unreadable' as const,
      subject: `host ${name}`,
      found: reason,
      about: [],
      host: { id, name },
    }))
  const busy = new Set([...before.busy, ...facts.busy])
  const findings = [...own, ...hostFindings(facts, inventories), ...silent]
  return { findings: findings.filter(f => !f.about.some(id => busy.has(id))), notLookedAt }
}

async function ask(env: Env, facts: Facts, hostId: string): Promise<HostInventory> {
  if (env.hosts === undefined) throw unavailable('host.port', 'This engine has no way to hosts.')
  const domains = facts.domains.filter(domain => domain.readerId === hostId).map(domain => domain.id)
  const client = await env.hosts.client(hostId)
  return client.inventory(domains, AbortSignal.timeout(hostPatienceMs))
}

/**
 * Compares everything with everything, while it goes on changing. A difference counts when two looks, `apartMs` from one another, show
 * the very same; what the first look does not show needs no second one.
 */
export async function lookTwice(env: Env, apartMs: number): Promise<Report> {
  const first = await look(env)
  if (first.findings.length === 0) return { differences: [], looks: 1, notLookedAt: first.notLookedAt }
  await pause(apartMs)
  const second = await look(env)
  const before = new Set(first.findings.map(keyOf))
  const stands = second.findings.filter(finding => before.has(keyOf(finding)))
  return {
    differences: stands.map(({ about: _about, ...difference }) => difference),
    looks: 2,
    notLookedAt: second.notLookedAt,
  }
}
