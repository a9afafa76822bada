import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type EngineDatabase, engineDatabase } from '../../test/database.ts'
import { testEnv, testUser } from '../../test/env.ts'
import { giveRole } from '../../test/permission.ts'
import { call } from '../core/call.ts'
import { systemRef } from '../core/kinds.ts'
import { type Db, openDatabase, type Sql } from '../db/index.ts'
import { createSession, endSession, peekSession, sessionOf } from './sessions.ts'
import { setPassword, updateUser } from './user-operations.ts'

let database: EngineDatabase
before(async () => {
  database = await engineDatabase()
})
after(() => database.close())

const newSession = async (userId: string) => createSession(database.db, { userId, scope: 'ovirt-app-api', kind: 'sso' })
const over = { kind: 'unauthenticated' }

/** The same database, and how many statements it was asked. */
function counted(): { db: Db; statements: () => number } {
  let statements = 0
  const real = database.db.sql
  const sql = Object.assign((strings: TemplateStringsArray, ...values: Parameters<Sql>[1][]) => {
    statements++
    return real(strings, ...values)
  }, real) as Sql
  return { db: { ...database.db, sql }, statements: () => statements }
}

test('a hundred looks at tokens at the same moment are a few statements, and each gets its own answer', async () => {
  const users = await Promise.all([testUser(database), testUser(database)])
  const tokens = await Promise.all(users.map(user => newSession(user.userId)))
  const { db, statements } = counted()
  const found = await Promise.allSettled(
    Array.from({ length: 100 }, (_, i) => sessionOf(db, i % 10 === 9 ? `wrong ${i}` : (tokens[i % 2]?.token ?? ''))),
  )
  found.forEach((look, i) => {
    if (i % 10 === 9) assert.equal(look.status, 'rejected', `token ${i} is unknown`)
    else assert.equal(look.status === 'fulfilled' && look.value.actor.userId, users[i % 2]?.userId)
  })
  assert.ok(statements() <= 3, `${statements()} statements`)
})

test('what ends a session or changes its user holds for the very next look, on every engine', async () => {
  const other = openDatabase(database.config)
  after(() => other.close())
  const everywhere = async (token: string) =>
    Promise.all([database.db, other].map(db => sessionOf(db, token).then(session => session.actor)))
  const refused = async (token: string) => {
    for (const db of [database.db, other]) await assert.rejects(sessionOf(db, token), over)
  }
  const user = await testUser(database)
  const admin = testEnv(database)

  const signedOut = await newSession(user.userId)
  await everywhere(signedOut.token)
  await endSession(database.db, signedOut.id)
  await refused(signedOut.token)
  assert.equal(await peekSession(other, signedOut.id), undefined)

  const ordinary = await newSession(user.userId)
  assert.deepEqual(
    (await everywhere(ordinary.token)).map(actor => actor.everything),
    [false, false],
  )
  await giveRole(database, user.userId, ['run_vm'], systemRef)
  assert.deepEqual(
    (await everywhere(ordinary.token)).map(actor => actor.everything),
    [true, true],
  )

  await call(admin, setPassword, { userId: user.userId, password: 'another long one 1' })
  await refused(ordinary.token)

  const disabled = await newSession(user.userId)
  await everywhere(disabled.token)
  await call(admin, updateUser, { userId: user.userId, enabled: false })
  await refused(disabled.token)
})
