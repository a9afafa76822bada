import { cpuTypes, invalid, notFound, zeroUuid } from '@rookery/model'
import { ask, call } from '../../../core/call.ts'
import { fragment } from '../../../db/index.ts'
import { splitUserName } from '../../../identity/login.ts'
import {
  addPermission,
  listPermissions,
  type permissionKinds,
  removePermission,
} from '../../../identity/permissions.ts'
import { permits } from '../../../identity/permits.ts'
import { addRole, removeRole, updateRole } from '../../../identity/role-operations.ts'
import { addUser, removeUser, updateUser } from '../../../identity/user-operations.ts'
import { listRoles, listUsers, type RoleRow, type UserRow, userFields } from '../../../identity/users.ts'
import { list as listMacPools } from '../../../network/mac-pool/queries.ts'
import type { MacPoolRow } from '../../../network/mac-pool/types.ts'
import { apiBase } from '../http/address.ts'
import { incomplete } from '../http/fault.ts'
import { created, list, one, removed } from '../kernel/answer.ts'
import { defined, found, pathId, requiredText, searched } from '../kernel/read.ts'
import { type ApiRequest, del, get, post, put, type Route } from '../kernel/route.ts'
import { booleanAt, listAt, structAt, textAt, type WireObject } from '../wire/wire-object.ts'
import {
  domainToWire,
  internalDomain,
  objectCollections,
  permissionToWire,
  permitToWire,
  roleToWire,
  userToWire,
} from './identity-wire.ts'

async function userOf(request: ApiRequest, name = 'id'): Promise<UserRow> {
  const id = pathId(request, name)
  return found((await ask(request.env, listUsers, { ids: [id] }))[0], 'User', id)
}

async function roleOf(request: ApiRequest, name = 'id'): Promise<RoleRow> {
  const id = pathId(request, name)
  return found((await ask(request.env, listRoles, { ids: [id] }))[0], 'Role', id)
}

/** The role of a body, by id or name. */
async function roleIn(request: ApiRequest): Promise<string> {
  const element = structAt(request.body, 'role')
  const name = textAt(element, 'name')
  if (element?.id !== undefined) return element.id
  if (name === undefined) throw incomplete('Permission', ['role.id|name'], 'add')
  const role = (await ask(request.env, listRoles, {})).find(row => row.name === name)
  return found(role, 'Role', name).id
}

/** The user of a body. */
async function userIn(request: ApiRequest): Promise<string> {
  if (structAt(request.body, 'group'))
    throw notFound('group.not_found', 'There are no groups in this release; give the permission to a user.')
  const element = structAt(request.body, 'user')
  if (element?.id !== undefined) return element.id
  const text = textAt(element, 'user_name') ?? textAt(element, 'name')
  if (text === undefined) throw incomplete('Permission', ['user.id', 'group.id'], 'add')
  const { name, profile } = splitUserName(text)
  const rows = await ask(request.env, listUsers, {
    search: { where: fragment`v.name = ${name} and v.profile = ${profile}` },
  })
  return found(rows[0], 'User', text).id
}

type ObjectKind = (typeof permissionKinds)[number]

async function shownPermission(request: ApiRequest, id: string) {
  return permissionToWire(found((await ask(request.env, listPermissions, { ids: [id] }))[0], 'Permission', id))
}

/** Permissions of one object: listed with those inherited, given, taken away. */
function permissionsOn(
  base: string,
  object: (request: ApiRequest) => { objectKind: ObjectKind; objectId: string },
): Route[] {
  return [
    get(`${base}/permissions`, async request => {
      const rows = await ask(request.env, listPermissions, { object: object(request) })
      return list('Permission', 'permissions', 'permission', rows.map(permissionToWire))
    }),
    post(`${base}/permissions`, 'Permission', async request => {
      const [roleId, userId] = [await roleIn(request), await userIn(request)]
      const { id } = await call(request.env, addPermission, { ...object(request), roleId, userId })
      const rows = await ask(request.env, listPermissions, { object: object(request) })
      return created(
        'Permission',
        permissionToWire(
          found(
            rows.find(row => row.id === id),
            'Permission',
            id,
          ),
        ),
      )
    }),
    get(`${base}/permissions/:id`, async request => {
      const id = pathId(request)
      const rows = await ask(request.env, listPermissions, { object: object(request) })
      return one(
        'Permission',
        permissionToWire(
          found(
            rows.find(row => row.id === id),
            'Permission',
            id,
          ),
        ),
      )
    }),
    del(`${base}/permissions/:id`, async request => {
      await call(request.env, removePermission, { permissionId: pathId(request) })
      return removed
    }),
  ]
}

const onObjects = Object.entries(objectCollections).flatMap(([kind, { collection }]) =>
  permissionsOn(`/${collection}/:object`, request => ({
    objectKind: kind as ObjectKind,
    objectId: pathId(request, 'object'),
  })),
)

/** The object that a permission below a user names; without one it is on the system. */
function objectIn(body: WireObject): { objectKind: ObjectKind; objectId: string } {
  for (const [kind, { element }] of Object.entries(objectCollections)) {
    const id = structAt(body, element)?.id
    if (id !== undefined) return { objectKind: kind as ObjectKind, objectId: id }
  }
  return { objectKind: 'system', objectId: zeroUuid }
}

/** Permits of a body's list, by their ids or names. */
function permitsIn(body: WireObject): string[] | undefined {
  return listAt(body, 'permits')?.map(item => {
    const permit = permits.find(p => String(p.id) === item.id || p.name === textAt(item, 'name'))
    if (permit === undefined)
      throw invalid(
        'role.permits',
        `There is no permit ${item.id ?? textAt(item, 'name') ?? '(without id)'}; /clusterlevels lists them.`,
      )
    return permit.name
  })
}

const rolePermits = (row: RoleRow) =>
  permits
    .filter(permit => row.permits.includes(permit.name))
    .map(permit => permitToWire(permit, `${apiBase}/roles/${row.id}`))

const levels = ['4.2', '4.3', '4.4', '4.5', '4.6', '4.7', '4.8'] as const

const levelToWire = (level: string): WireObject => {
  const href = `${apiBase}/clusterlevels/${level}`
  return {
    id: level,
    href,
    link: { clusterfeatures: `${href}/clusterfeatures` },
    cpu_types: cpuTypes.map(type => ({ name: type.name, level: type.level, architecture: 'x86_64' })),
    permits: permits.map(permit => permitToWire(permit, href)),
  }
}

const macPoolToWire = (row: MacPoolRow): WireObject => ({
  id: row.id,
  href: `${apiBase}/macpools/${row.id}`,
  link: { permissions: `${apiBase}/macpools/${row.id}/permissions` },
  name: row.name,
  description: row.description,
  allow_duplicates: row.allowDuplicates,
  default_pool: row.isDefault,
  ranges: row.ranges.map(({ from, to }) => ({ from, to })),
})

const domainId = (request: ApiRequest) =>
  found(
    pathId(request, 'domain') === internalDomain.id ? internalDomain : undefined,
    'Domain',
    pathId(request, 'domain'),
  )

export const identityRoutes: Route[] = [
  get('/users', async request =>
    list('User', 'users', 'user', (await searched(request, listUsers, userFields)).map(userToWire)),
  ),
  post('/users', 'User', async request => {
    const { body } = request
    // Ansible says principal and user_name with the directory; either names the user (fact sheet 2.4).
    const text = textAt(body, 'user_name') ?? textAt(body, 'principal')
    if (text === undefined || text === '') throw incomplete('User', ['user_name', 'domain.id|name'], 'add')
    const { name, profile } = splitUserName(text)
    const directory = textAt(body, 'domain', 'name') ?? `${profile}-authz`
    if (directory !== internalDomain.name)
      throw notFound(
        'user.directory',
        `There is no directory ${directory.slice(0, 80)}; users are kept in ${internalDomain.name}.`,
      )
    const password = textAt(body, 'password')
    // The original only takes in users whom a directory knows. Ours is the directory as well, and makes one who comes with a password.
    const { id } = await call(request.env, addUser, {
      name,
      unknown: password === undefined || password === '' ? 'refuse' : 'add',
      ...defined({
        firstName: textAt(body, 'name'),
        lastName: textAt(body, 'last_name'),
        email: textAt(body, 'email'),
        department: textAt(body, 'department'),
        password: password === '' ? undefined : password,
      }),
    })
    return created('User', userToWire(found((await ask(request.env, listUsers, { ids: [id] }))[0], 'User', id)))
  }),
  get('/users/:id', async request => one('User', userToWire(await userOf(request)))),
  put('/users/:id', 'User', async request => {
    const { body } = request
    await call(request.env, updateUser, {
      userId: pathId(request),
      ...defined({
        firstName: textAt(body, 'name'),
        lastName: textAt(body, 'last_name'),
        email: textAt(body, 'email'),
        department: textAt(body, 'department'),
      }),
    })
    return one('User', userToWire(await userOf(request)))
  }),
  del('/users/:id', async request => {
    await call(request.env, removeUser, { userId: pathId(request) })
    return removed
  }),
  get('/users/:user/permissions', async request => {
    const { id } = await userOf(request, 'user')
    return list(
      'Permission',
      'permissions',
      'permission',
      (await ask(request.env, listPermissions, { userId: id })).map(permissionToWire),
    )
  }),
  post('/users/:user/permissions', 'Permission', async request => {
    const roleId = await roleIn(request)
    const { id } = await call(request.env, addPermission, {
      ...objectIn(request.body),
      roleId,
      userId: pathId(request, 'user'),
    })
    return created('Permission', await shownPermission(request, id))
  }),
  get('/users/:user/permissions/:id', async request => {
    const [user, id] = [await userOf(request, 'user'), pathId(request)]
    const rows = await ask(request.env, listPermissions, { userId: user.id })
    return one(
      'Permission',
      permissionToWire(
        found(
          rows.find(row => row.id === id),
          'Permission',
          id,
        ),
      ),
    )
  }),
  del('/users/:user/permissions/:id', async request => {
    await call(request.env, removePermission, { permissionId: pathId(request) })
    return removed
  }),
  get('/users/:user/roles', async request => {
    const { id } = await userOf(request, 'user')
    const held = new Set((await ask(request.env, listPermissions, { userId: id })).map(row => row.roleId))
    return list(
      'Role',
      'roles',
      'role',
      (await ask(request.env, listRoles, {})).filter(row => held.has(row.id)).map(roleToWire),
    )
  }),
  ...(['groups', 'sshpublickeys', 'options'] as const).map(name => {
    const types = {
      groups: ['Group', 'groups', 'group'],
      sshpublickeys: ['SshPublicKey', 'ssh_public_keys', 'ssh_public_key'],
      options: ['UserOption', 'user_options', 'user_option'],
    } as const
    const [type, wrapper, item] = types[name]
    return get(`/users/:user/${name}`, async request => {
      await userOf(request, 'user')
      return list(type, wrapper, item, [])
    })
  }),

  get('/domains', async () => list('Domain', 'domains', 'domain', [domainToWire()])),
  get('/domains/:domain', async request => {
    domainId(request)
    return one('Domain', domainToWire())
  }),
  get('/domains/:domain/users', async request => {
    domainId(request)
    return list('User', 'users', 'user', (await searched(request, listUsers, userFields)).map(userToWire))
  }),
  get('/domains/:domain/groups', async request => {
    domainId(request)
    return list('Group', 'groups', 'group', [])
  }),

  get('/roles', async request =>
    list('Role', 'roles', 'role', (await searched(request, listRoles, undefined)).map(roleToWire)),
  ),
  post('/roles', 'Role', async request => {
    const { body } = request
    const name = requiredText(body, 'name', 'Role')
    const wanted = permitsIn(body)
    if (wanted === undefined || wanted.length === 0) throw incomplete('Role', ['permits.id'], 'add')
    const { id } = await call(request.env, addRole, {
      name,
      permits: wanted,
      ...defined({ description: textAt(body, 'description'), administrative: booleanAt(body, 'administrative') }),
    })
    return created('Role', roleToWire(found((await ask(request.env, listRoles, { ids: [id] }))[0], 'Role', id)))
  }),
  get('/roles/:id', async request => one('Role', roleToWire(await roleOf(request)))),
  put('/roles/:id', 'Role', async request => {
    const { body } = request
    await call(request.env, updateRole, {
      roleId: pathId(request),
      ...defined({ name: textAt(body, 'name'), description: textAt(body, 'description') }),
    })
    return one('Role', roleToWire(await roleOf(request)))
  }),
  del('/roles/:id', async request => {
    await call(request.env, removeRole, { roleId: pathId(request) })
    return removed
  }),
  get('/roles/:role/permits', async request =>
    list('Permit', 'permits', 'permit', rolePermits(await roleOf(request, 'role'))),
  ),
  get('/roles/:role/permits/:permit', async request => {
    const id = request.params['permit'] ?? ''
    const rows = rolePermits(await roleOf(request, 'role'))
    return one(
      'Permit',
      found(
        rows.find(row => row.id === id),
        'Permit',
        id,
      ),
    )
  }),

  ...permissionsOn('', () => ({ objectKind: 'system', objectId: zeroUuid })),
  ...onObjects,

  get('/clusterlevels', async () => list('ClusterLevel', 'cluster_levels', 'cluster_level', levels.map(levelToWire))),
  get('/clusterlevels/:level', async request => {
    const level = levels.find(name => name === request.params['level'])
    return one('ClusterLevel', levelToWire(found(level, 'ClusterLevel', request.params['level'] ?? '')))
  }),

  get('/clusterlevels/:level/clusterfeatures', async request => {
    const level = request.params['level'] ?? ''
    found(
      levels.find(name => name === level),
      'ClusterLevel',
      level,
    )
    return list('ClusterFeature', 'cluster_features', 'cluster_feature', [])
  }),

  get('/macpools', async request =>
    list('MacPool', 'mac_pools', 'mac_pool', (await ask(request.env, listMacPools, {})).map(macPoolToWire)),
  ),
  get('/macpools/:id', async request => {
    const id = pathId(request)
    return one('MacPool', macPoolToWire(found((await ask(request.env, listMacPools, { ids: [id] }))[0], 'MacPool', id)))
  }),
]
