import { forbidden, internal, invalid, isUuid, notFound } from '@rookery/model'
import type { z } from 'zod'
import type { Lane, Sql } from '../db/index.ts'
import { startJob } from '../jobs/start.ts'
import type { Actor, Ctx, Env } from './ctx.ts'
import { kindSpec, type Ref } from './kinds.ts'
import { observed } from './observe.ts'
import type { Operation, PermitRule } from './operation.ts'
import type { Query } from './query.ts'
import { type PlannedEvent, type PlannedJob, type RowChange, Scope } from './scope.ts'
import { canSee, holds } from './visible.ts'

/** What `call(…, { plan: true })` found: everything that the operation would do. Nothing of it happened. */
export interface Plan<O> {
  result: O
  /** By `kind/id`: before and after of each column. */
  changes: Record<string, RowChange>
  events: PlannedEvent[]
  jobs: PlannedJob[]
}

/**
 * Asks for an operation: validates, finds the object, checks the permission, runs it in a transaction, writes its events
 * and commits. From inside another operation it runs in that one's transaction.
 *
 * @throws `invalid` for input that the schema refuses, `notFound` for an object that is not there or that the asker may
 *   not see, `forbidden` for one that he sees and lacks the permit on, and whatever the operation throws
 */
export function call<I, O, In>(where: Ctx | Env, operation: Operation<I, O, In>, input: In): Promise<O>
export function call<I, O, In>(
  where: Ctx | Env,
  operation: Operation<I, O, In>,
  input: In,
  o: { plan: true },
): Promise<Plan<O>>
export async function call<I, O, In>(
  where: Ctx | Env,
  operation: Operation<I, O, In>,
  input: In,
  o: { plan?: boolean } = {},
) {
  const end = observed('operation', operation.name)
  try {
    const parsed = parse(operation.name, operation.input, input)
    const result =
      'scope' in where && where.scope !== undefined && o.plan !== true
        ? await runChecked(where, operation, parsed)
        : await runInTransaction(envOf(where), operation, parsed, o.plan === true)
    end()
    return result
  } catch (error) {
    end(error)
    throw error
  }
}

/** Asks a query. Inside an operation it reads in that transaction. */
export async function ask<I, O, In>(where: Ctx | Env, query: Query<I, O, In>, input: In): Promise<O> {
  const end = observed('query', query.name)
  try {
    const ctx = 'sql' in where ? where : readCtx(where)
    const result = await query.run(ctx, parse(query.name, query.input, input))
    end()
    return result
  } catch (error) {
    end(error)
    throw error
  }
}

/** Runs several calls of one actor in one transaction. For reconcilers, reports and start-up, which have no operation. */
export function inTransaction<T>(where: Ctx | Env, work: (ctx: Ctx) => Promise<T>, lane?: Lane): Promise<T> {
  if ('scope' in where && where.scope !== undefined) return work(where)
  const env = envOf(where)
  return env.db.transaction(async tx => {
    const scope = new Scope(tx, env)
    const result = await work(writeCtx(env, scope))
    await scope.flush()
    return result
  }, lane)
}

/** A context for reads: each statement by itself, and `start` in a transaction of its own. */
export function readCtx(env: Env): Ctx {
  const outside = (): never => {
    throw internal('ctx.outside', 'Events and changes are written inside a transaction; use inTransaction(ctx, …).')
  }
  return {
    sql: env.db.sql,
    actor: env.actor,
    now: new Date(),
    log: env.log,
    correlationId: env.correlationId,
    engineId: env.engineId,
    env,
    start: (job, input, options) => inTransaction(env, ctx => ctx.start(job, input, options)),
    event: outside,
    changed: outside,
  }
}

const envOf = (where: Ctx | Env): Env => ('env' in where ? where.env : where)

function writeCtx(env: Env, scope: Scope, preempts: readonly string[] = []): Ctx {
  const { actor, log, correlationId, engineId } = env
  return {
    sql: scope.tx.sql,
    actor,
    now: new Date(),
    log,
    correlationId,
    engineId,
    env,
    scope,
    start: (job, input, options) =>
      startJob(scope, job, input, { actor, correlationId, ...options, preempts: options?.preempts ?? preempts }),
    event: (name, details) => scope.event(name, details),
    changed: (kind, id, options) => scope.changed(kind, id, options),
  }
}

/** Carries the result of a plan out of the transaction that it rolls back. */
class Planned extends Error {
  readonly plan: Plan<unknown>
  constructor(plan: Plan<unknown>) {
    super('rolled back: this was only a plan')
    this.plan = plan
  }
}

async function runInTransaction<I, O, In>(env: Env, operation: Operation<I, O, In>, input: I, plan: boolean) {
  try {
    return await env.db.transaction(async tx => {
      const scope = new Scope(tx, { ...env, outside: env.db.outside })
      const result = await runChecked(writeCtx(env, scope, operation.preempts), operation, input)
      if (plan) {
        const changes = await scope.rowChanges(env.db.outside)
        throw new Planned({ result, changes, events: scope.events, jobs: scope.jobs })
      }
      await scope.flush()
      return result
    }, 'requests')
  } catch (error) {
    if (error instanceof Planned) return error.plan as Plan<O>
    throw error
  }
}

async function runChecked<I, O, In>(ctx: Ctx, operation: Operation<I, O, In>, input: I): Promise<O> {
  if (operation.permit !== 'signedIn') {
    const rules: readonly PermitRule<I>[] = Array.isArray(operation.permit) ? operation.permit : [operation.permit]
    for (const rule of rules) await allow(ctx.sql, ctx.actor, rule, input)
  }
  return operation.run(ctx, input)
}

async function allow<I>(sql: Sql, actor: Actor, rule: PermitRule<I>, input: I): Promise<void> {
  const found = await rule.on(input, sql)
  for (const ref of Array.isArray(found) ? (found as readonly Ref[]) : [found as Ref]) {
    await mustSee(sql, actor, ref)
    if (!(await holds(sql, actor, rule.action, ref)))
      throw forbidden(
        'permit.missing',
        `${actor.name} may not do this: the permit ${rule.action} on ${naming(ref)} is missing.`,
        {
          detail: { permit: rule.action },
          ref: { kind: ref.kind, id: ref.id },
        },
      )
  }
}

/** Throws `notFound` unless the object is there and the actor may see it: the two cannot be told apart from outside. */
export async function mustSee(sql: Sql, actor: Actor, ref: Ref): Promise<void> {
  if (!isUuid(ref.id)) throw invalid('id.form', `"${String(ref.id).slice(0, 64)}" is no id: ids are UUIDs.`)
  if (await canSee(sql, actor, ref)) return
  const word = ref.kind === 'system' ? 'system' : kindSpec(ref.kind).word
  throw notFound(`${ref.kind}.not_found`, `There is no ${word} with id ${ref.id}.`, {
    ref: { kind: ref.kind, id: ref.id },
  })
}

const naming = (ref: Ref): string =>
  ref.kind === 'system' ? 'the system' : `${kindSpec(ref.kind).word} ${ref.name ?? ref.id}`

/** Input as its schema understands it; `invalid` with every complaint and where it is. */
export function parse<I, In>(name: string, schema: z.ZodType<I, In>, input: unknown): I {
  const parsed = schema.safeParse(input)
  if (parsed.success) return parsed.data
  const issues = parsed.error.issues.map(issue => ({ path: issue.path.join('.'), message: issue.message }))
  const text = issues.slice(0, 5).map(issue => (issue.path === '' ? issue.message : `${issue.path}: ${issue.message}`))
  throw invalid(`${name}.input`, `${text.join('; ')}.`, { detail: { issues: issues.slice(0, 20) } })
}
