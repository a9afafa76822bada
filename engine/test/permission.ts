import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { call } from '../src/core/call.ts'
import { canSee } from '../src/core/visible.ts'
import { fragment, ident, join } from '../src/db/index.ts'
import { kindSpec, type Ref } from '../src/core/kinds.ts'
import type { Operation, PermitRule } from '../src/core/operation.ts'
import type { Permit } from '../src/identity/permits.ts'
import { type EngineDatabase, engineDatabase } from './database.ts'
import { testEnv, testUser } from './env.ts'

/** What a permission test needs of one operation. */
export interface PermissionTest<I> {
  /** What is special about this input, when the operation has several tests. */
  when?: string
  /** An input that the schema takes, about the object. */
  input(object: { id: string }, database: EngineDatabase): I | Promise<I>
  /** Makes the object that the permit is asked on, unless that is the system; returns its id. */
  object?(database: EngineDatabase): Promise<string>
  /** Further objects that the operation asks for, and the permit that it needs there; without one it is enough to see them. */
  besides?(object: { id: string }, database: EngineDatabase): readonly (Ref & { permit?: Permit })[]
}

/** A digest of every row of every table. */
async function digest({ db: { sql } }: EngineDatabase): Promise<Record<string, string | null>> {
  tables ??= (await sql<{ name: string }>`select tablename as name from pg_tables where schemaname = 'public'`).map(
    row => row.name,
  )
  const each = tables.map(
    name =>
      fragment`select ${name}::text as name, md5(string_agg(x::text, ' ' order by x::text)) as rows from ${ident(name)} x`,
  )
  const rows = await sql.unnamed<{ name: string; rows: string | null }>(
    fragment`${join(each, ' union all ')} order by name`,
  )
  return Object.fromEntries(rows.map(({ name, rows: of }) => [name, of]))
}

let tables: string[] | undefined

let shared: Promise<EngineDatabase> | undefined
let registered = false

/** The database of the permission tests of a file, closed at its end. */
export const sharedDatabase = (): Promise<EngineDatabase> => (shared ??= engineDatabase())

/** Gives a user a fresh role with these permits on an object. */
export async function giveRole(
  { db }: EngineDatabase,
  userId: string,
  permits: readonly string[],
  on: Ref,
): Promise<void> {
  const role = randomUUID()
  await db.sql`insert into role (id, name, administrative, mutable, permits)
    values (${role}::uuid, ${`role ${role}`}, true, true, ${[...permits]})`
  await db.sql`insert into permission (id, user_id, role_id, object_kind, object_id)
    values (${randomUUID()}::uuid, ${userId}::uuid, ${role}::uuid, ${on.kind}, ${on.id}::uuid)`
}

/** Answers that say that the test's own input or object is wrong, or that the permit did not do. */
const refusals = ['forbidden', 'unauthenticated', 'notFound', 'invalid', 'internal']

/**
 * The permission test of an operation: whoever sees nothing is told that the object is not there (or, on the system, that it is
 * forbidden); whoever sees it without the permit is refused, also who lacks only one of several; none of them changes a single row.
 * With the permit it is not the permission that refuses.
 * `completeness.test.ts` counts the operations that have one.
 */
export function permissionTest<I, O, In>(operation: Operation<I, O, In>, o: PermissionTest<In>): void {
  // Here and not in a test, whose end it would be.
  if (!registered) after(async () => (await shared)?.close())
  registered = true
  test(`${operation.name} needs its permission${o.when === undefined ? '' : ` ${o.when}`}`, async () => {
    assert.notEqual(operation.permit, 'signedIn', 'whoever is signed in may do it; test what it decides by itself')
    const db = await sharedDatabase()
    const object = { id: o.object === undefined ? randomUUID() : await o.object(db) }
    const input = await o.input(object, db)
    const rules = [operation.permit].flat() as PermitRule<I>[]
    const needs: { permit: string; on: Ref }[] = []
    for (const rule of rules)
      for (const on of [await rule.on(operation.input.parse(input), db.db.sql)].flat() as Ref[])
        needs.push({ permit: rule.action, on })
    const ask = (who: Awaited<ReturnType<typeof testUser>>) =>
      call(testEnv(db, who), operation, input).then(
        () => ({ kind: 'ok', message: '' }),
        (error: { kind?: string; message: string }) => {
          if (error.kind === undefined) throw error
          return { kind: error.kind, message: error.message }
        },
      )

    /** Somebody new with the permits, who merely sees the object where he lacks one. */
    const somebody = async (has: (need: number) => boolean) => {
      const user = await testUser(db)
      for (const [n, { permit, on }] of needs.entries())
        await giveRole(db, user.userId, [has(n) ? permit : 'login'], grantable(on))
      return user
    }
    const refused = async (who: Awaited<ReturnType<typeof testUser>>, kind: string, why: string) => {
      const before = await digest(db)
      assert.equal((await ask(who)).kind, kind, why)
      assert.deepEqual(await digest(db), before, `${why} changed something`)
    }

    const onSystem = needs[0]?.on.kind === 'system'
    await refused(await testUser(db), onSystem ? 'forbidden' : 'notFound', 'who sees nothing')
    await refused(await somebody(() => false), 'forbidden', 'who sees it without the permit')
    for (const permit of new Set(needs.map(need => need.permit)))
      if (needs.some(need => need.permit !== permit))
        await refused(await somebody(n => needs[n]?.permit !== permit), 'forbidden', `who lacks only ${permit}`)

    const besides = o.besides?.(object, db) ?? []
    for (const lacking of besides) {
      const user = await somebody(() => true)
      for (const on of besides) if (on !== lacking) await giveRole(db, user.userId, [on.permit ?? 'login'], on)
      if (!(await canSee(db.db.sql, user, lacking)))
        await refused(user, 'notFound', `who does not see the ${lacking.kind}`)
      if (lacking.permit === undefined) continue
      await giveRole(db, user.userId, ['login'], lacking)
      await refused(user, 'forbidden', `who lacks ${lacking.permit} on the ${lacking.kind}`)
    }
    const holder = await somebody(() => true)
    for (const on of besides) await giveRole(db, holder.userId, [on.permit ?? 'login'], on)
    const { kind, message } = await ask(holder)
    assert.ok(!refusals.includes(kind), `who holds the permit was refused: ${kind}: ${message}`)
  })
}

/** Where a permission that reaches the object can be given: on itself, or on the system for kinds that take none. */
const grantable = (ref: Ref): Ref =>
  ref.kind === 'system' || kindSpec(ref.kind).ownPermissions === false
    ? { kind: 'system', id: '00000000-0000-0000-0000-000000000000' }
    : ref
