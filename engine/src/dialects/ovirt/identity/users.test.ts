import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type EngineDatabase, engineDatabase } from '../../../../test/database.ts'
import { startTestEngine, type TestEngine } from '../../../../test/engine.ts'
import { idOf, type OvirtClient, ovirtClient, textOf } from '../../../../test/ovirt.ts'

let database: EngineDatabase
let one: TestEngine
let admin: OvirtClient
before(async () => {
  database = await engineDatabase()
  one = await startTestEngine(database)
  admin = await ovirtClient(one)
})
after(async () => {
  await one?.stop()
  await database?.close()
})

const user = (name: string, more = '') =>
  `<user><user_name>${name}@internal-authz</user_name><domain><name>internal-authz</name></domain>${more}</user>`

test('a user whom the directory does not know is refused, as a slip of the pen should be, and nothing is made', async () => {
  const answer = await admin.ask('POST', '/users', user('alcie'))
  assert.equal(answer.status, 400)
  assert.match(textOf(answer.root, 'detail') ?? '', /No such user: alcie in directory internal-authz/)
  const found = await admin.good('GET', '/users?search=usrname%3Dalcie%40internal-authz')
  assert.equal(found.children.length, 0)
})

test('with a password the user is made and can sign in; added once more the user is the same', async () => {
  const made = await admin.good('POST', '/users', user('alice', '<password>a fine password</password>'))
  assert.equal(textOf(made, 'user_name'), 'alice@internal-authz')
  await ovirtClient(one, 'alice@internal', 'a fine password')
  assert.equal(idOf(await admin.good('POST', '/users', user('alice'))), idOf(made))
  const other = await admin.ask('POST', '/users', user('alice').replaceAll('internal-authz', 'elsewhere'))
  assert.equal(other.status, 404)
})
