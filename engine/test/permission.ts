import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { call } from '../src/core/call.ts'
import { kindSpec, type Ref } from '../src/core/kinds.ts'
import type { Operation, PermitRule } from '../src/core/operation.ts'
import { type EngineDatabase, engineDatabase } from './database.ts'
import { testEnv, testUser } from './env.ts'

/** What a permission test needs of one operation. */
export interface PermissionTest<I> {
  /** An input that the schema takes, about the object. */
  input(object: { id: string }, database: EngineDatabase): I | Promise<I>
  /** Makes the object that the permit is asked on, unless that is the system; returns its id. */
  object?(database: EngineDatabase): Promise<string>
}

let shared: Promise<EngineDatabase> | undefined
let registered = false
const database = (): Promise<EngineDatabase> => (shared ??= engineDatabase())

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

/**
 * The permission test of an operation: whoever sees nothing is told that the object is not there (or, on the system, that it is
 * forbidden); whoever sees it without the permit is refused; with the permit it is not the permission that refuses.
 * `completeness.test.ts` counts the operations that have one.
 */
export function permissionTest<I, O, In>(operation: Operation<I, O, In>, o: PermissionTest<In>): void {
  // Here and not in a test, whose end it would be.
  if (!registered) after(async () => (await shared)?.close())
  registered = true
  test(`${operation.name} needs its permission`, async () => {
    assert.notEqual(operation.permit, 'signedIn', 'whoever is signed in may do it; test what it decides by itself')
    const db = await database()
    const object = { id: o.object === undefined ? randomUUID() : await o.object(db) }
    const input = await o.input(object, db)
    const rules = [operation.permit].flat() as PermitRule<I>[]
    const refs = (
      await Promise.all(rules.map(rule => rule.on(operation.input.parse(input), db.db.sql)))
    ).flat() as Ref[]
    const ask = async (who: Awaited<ReturnType<typeof testUser>>) =>
      call(testEnv(db, who), operation, input).then(
        () => 'ok',
        (error: { kind?: string; code?: string; message: string }) => {
          if (error.kind === undefined) throw error
          return error.kind
        },
      )

    const onSystem = refs[0]?.kind === 'system'
    const stranger = await testUser(db)
    assert.equal(await ask(stranger), onSystem ? 'forbidden' : 'notFound', 'who sees nothing')

    const looker = await testUser(db)
    for (const ref of refs) await giveRole(db, looker.userId, ['login'], grantable(ref))
    assert.equal(await ask(looker), 'forbidden', 'who sees it without the permit')

    const holder = await testUser(db)
    for (const [i, ref] of refs.entries())
      await giveRole(
        db,
        holder.userId,
        rules.map(rule => rule.action),
        grantable(refs[i] ?? ref),
      )
    const answer = await ask(holder)
    assert.ok(!['forbidden', 'unauthenticated'].includes(answer), `who holds the permit was refused: ${answer}`)
  })
}

/** Where a permission that reaches the object can be given: on itself, or on the system for kinds that take none. */
const grantable = (ref: Ref): Ref =>
  ref.kind === 'system' || kindSpec(ref.kind).ownPermissions === false
    ? { kind: 'system', id: '00000000-0000-0000-0000-000000000000' }
    : ref
