import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { type EngineDatabase, engineDatabase } from '../../test/database.ts'
import { testEnv, testUser } from '../../test/env.ts'
import { giveRole, permissionTest } from '../../test/permission.ts'
import { ask, call } from '../core/call.ts'
import { canSee, holds, visible } from '../core/visible.ts'
import { abandonJob, cancelJob, retryJob } from '../jobs/control.ts'
import { addPermission, listPermissions, removePermission } from './permissions.ts'
import { addRole, removeRole, updateRole } from './role-operations.ts'
import { addUser, removeUser, setPassword, updateUser } from './user-operations.ts'

let database: EngineDatabase
before(async () => {
  database = await engineDatabase()
})
after(() => database.close())

/** A data center with a cluster, a VM, a storage domain and a disk. */
async function site(on = database) {
  const { sql } = on.db
  const id = () => randomUUID()
  const [project, dataCenter, cluster, vm, domain, disk, blank] = [id(), id(), id(), id(), id(), id(), id()]
  await sql`insert into project (id, name) values (${project}::uuid, 'p')`
  await sql`insert into data_center (id, name, local, default_project_id) values (${dataCenter}::uuid, 'dc', true, ${project}::uuid)`
  await sql`insert into cluster (id, data_center_id, name) values (${cluster}::uuid, ${dataCenter}::uuid, 'c')`
  await sql`insert into template (id, project_id, name, config) values (${blank}::uuid, ${project}::uuid, 't', '{}')`
  await sql`insert into vm (id, project_id, cluster_id, template_id, name, config)
    values (${vm}::uuid, ${project}::uuid, ${cluster}::uuid, ${blank}::uuid, 'vm', '{}')`
  await sql`insert into storage_domain (id, data_center_id, name, type, storage_type, connection, storage_format, status)
    values (${domain}::uuid, ${dataCenter}::uuid, 'd', 'data', 'localfs', '{}', 'v5', 'active')`
  await sql`insert into disk (id, project_id, alias, storage_domain_id, image_id, volume_id, format, sparse, capacity, status)
    values (${disk}::uuid, ${project}::uuid, 'disk', ${domain}::uuid, ${disk}::uuid, ${id()}::uuid, 'raw', true, 1, 'ok')`
  return { project, dataCenter, cluster, vm, domain, disk }
}

const seen = async (
  who: Awaited<ReturnType<typeof testUser>>,
  kind: 'vm' | 'cluster' | 'data_center' | 'disk' | 'storage_domain',
) => (await database.db.sql<{ id: string }>`select v.id from ${visible({ actor: who }, kind)} v`).map(row => row.id)

test('a permission reaches what is below its object', async () => {
  const here = await site()
  await site()
  const user = await testUser(database)
  await giveRole(database, user.userId, ['run_vm', 'delete_disk'], { kind: 'data_center', id: here.dataCenter })
  assert.deepEqual(await seen(user, 'vm'), [here.vm])
  assert.deepEqual(await seen(user, 'disk'), [here.disk])
  assert.ok(await holds(database.db.sql, user, 'run_vm', { kind: 'vm', id: here.vm }))
  assert.ok(await holds(database.db.sql, user, 'delete_disk', { kind: 'disk', id: here.disk }))
  assert.equal(await holds(database.db.sql, user, 'delete_vm', { kind: 'vm', id: here.vm }), false)
})

test('a permission on a VM shows its cluster and data center, and gives nothing on them', async () => {
  const here = await site()
  const user = await testUser(database)
  await giveRole(database, user.userId, ['run_vm'], { kind: 'vm', id: here.vm })
  assert.deepEqual(await seen(user, 'cluster'), [here.cluster])
  assert.deepEqual(await seen(user, 'data_center'), [here.dataCenter])
  assert.deepEqual(await seen(user, 'storage_domain'), [])
  assert.equal(await holds(database.db.sql, user, 'run_vm', { kind: 'cluster', id: here.cluster }), false)
})

test('a disk is reached through the VM that it is attached to', async () => {
  const here = await site()
  const user = await testUser(database)
  await giveRole(database, user.userId, ['edit_disk_properties'], { kind: 'vm', id: here.vm })
  assert.equal(await canSee(database.db.sql, user, { kind: 'disk', id: here.disk }), false)
  await database.db
    .sql`insert into disk_attachment (vm_id, disk_id, interface) values (${here.vm}::uuid, ${here.disk}::uuid, 'virtio')`
  assert.ok(await holds(database.db.sql, user, 'edit_disk_properties', { kind: 'disk', id: here.disk }))
})

test('a role that does not see children shows only its object', async () => {
  const here = await site()
  const user = await testUser(database)
  const role = randomUUID()
  await database.db.sql`insert into role (id, name, administrative, mutable, sees_children, permits)
    values (${role}::uuid, ${role}, false, true, false, ${['create_vm']})`
  await database.db.sql`insert into permission (id, user_id, role_id, object_kind, object_id)
    values (${randomUUID()}::uuid, ${user.userId}::uuid, ${role}::uuid, 'cluster', ${here.cluster}::uuid)`
  assert.deepEqual(await seen(user, 'cluster'), [here.cluster])
  assert.deepEqual(await seen(user, 'vm'), [])
})

test('nobody gives what he does not hold himself', async () => {
  const here = await site()
  const [manager, friend] = [await testUser(database), await testUser(database)]
  const on = { objectKind: 'vm' as const, objectId: here.vm }
  await giveRole(database, manager.userId, ['manipulate_permissions', 'run_vm'], { kind: 'vm', id: here.vm })
  const [small, large] = [randomUUID(), randomUUID()]
  await database.db.sql`insert into role (id, name, administrative, mutable, permits)
    values (${small}::uuid, ${small}, false, true, ${['run_vm']}), (${large}::uuid, ${large}, false, true, ${['run_vm', 'delete_vm']})`
  const env = testEnv(database, manager)
  await assert.rejects(call(env, addPermission, { ...on, userId: friend.userId, roleId: large }), {
    code: 'permission.beyond_own',
  })
  const { id } = await call(env, addPermission, { ...on, userId: friend.userId, roleId: small })
  const inherited = await ask(env, listPermissions, { object: on, inherited: true })
  assert.ok(inherited.some(p => p.id === id))
  await call(env, removePermission, { permissionId: id })
  assert.deepEqual(await seen(friend, 'vm'), [])
})

test('one may change the own password and not that of others', async () => {
  const [one, two] = [await testUser(database), await testUser(database)]
  await assert.rejects(call(testEnv(database, one), setPassword, { userId: two.userId, password: 'long enough' }), {
    kind: 'notFound',
  })
  await assert.rejects(
    call(testEnv(database, one), setPassword, { userId: one.userId, password: 'long enough', oldPassword: 'wrong' }),
    {
      code: 'user.password.old',
    },
  )
})

const anyUser = async (db: EngineDatabase) => (await testUser(db)).userId
const anyRole = async ({ db }: EngineDatabase, permit = 'login') => {
  const id = randomUUID()
  await db.sql`insert into role (id, name, administrative, mutable, permits) values (${id}::uuid, ${id}, false, true, ${[permit]})`
  return id
}
const anyJob = async ({ db }: EngineDatabase) => {
  const id = randomUUID()
  await db.sql`insert into job (id, kind, version, input, root_id, description)
    values (${id}::uuid, 'test', 1, '{}', ${id}::uuid, 'Testing')`
  return id
}

permissionTest(addUser, {
  input: () => ({
    name: `new-${randomUUID()}`,
    profile: 'internal' as const,
    firstName: '',
    lastName: '',
    email: '',
    department: '',
  }),
})
permissionTest(updateUser, { object: anyUser, input: ({ id }) => ({ userId: id, department: 'x' }) })
permissionTest(removeUser, { object: anyUser, input: ({ id }) => ({ userId: id }) })
permissionTest(addRole, {
  input: () => ({ name: `role-${randomUUID()}`, description: '', administrative: false, permits: ['login'] }),
})
permissionTest(updateRole, { object: anyRole, input: ({ id }) => ({ roleId: id, description: 'x' }) })
permissionTest(removeRole, { object: anyRole, input: ({ id }) => ({ roleId: id }) })
permissionTest(addPermission, {
  object: async db => (await site(db)).vm,
  input: async ({ id }, db) => ({
    objectKind: 'vm' as const,
    objectId: id,
    userId: await anyUser(db),
    // Nobody gives what he lacks, so the role holds what the holder has.
    roleId: await anyRole(db, 'manipulate_permissions'),
  }),
})
permissionTest(removePermission, {
  object: async other => {
    const id = randomUUID()
    await other.db.sql`insert into permission (id, user_id, role_id, object_kind, object_id)
      values (${id}::uuid, ${await anyUser(other)}::uuid, ${await anyRole(other)}::uuid, 'system', '00000000-0000-0000-0000-000000000000')`
    return id
  },
  input: ({ id }) => ({ permissionId: id }),
})
permissionTest(cancelJob, { object: anyJob, input: ({ id }) => ({ jobId: id }) })
permissionTest(retryJob, { object: anyJob, input: ({ id }) => ({ jobId: id }) })
permissionTest(abandonJob, { object: anyJob, input: ({ id }) => ({ jobId: id }) })
