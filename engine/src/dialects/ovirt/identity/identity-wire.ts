import { zeroUuid } from '@rookery/model'
import type { PermissionRow } from '../../../identity/permissions.ts'
import { permits } from '../../../identity/permits.ts'
import type { RoleRow, UserRow } from '../../../identity/users.ts'
import { apiBase } from '../http/address.ts'
import { linksBelow, stub } from '../kernel/answer.ts'
import { stableId } from '../kernel/stable-id.ts'
import type { WireObject } from '../wire/wire-object.ts'

/** The directory of users that this engine keeps itself, as the API calls it. */
export const internalDomain = { id: stableId('domain internal-authz'), name: 'internal-authz' } as const

export const domainToWire = (): WireObject => {
  const href = `${apiBase}/domains/${internalDomain.id}`
  return { id: internalDomain.id, href, link: linksBelow(href, ['groups', 'users']), name: internalDomain.name }
}

/** A user (fact sheet 2.4, Users): `user_name` is `alice@internal-authz`. */
export function userToWire(row: UserRow): WireObject {
  const href = `${apiBase}/users/${row.id}`
  return {
    id: row.id,
    href,
    link: linksBelow(href, ['groups', 'permissions', 'roles', 'sshpublickeys', 'tags', 'options']),
    name: row.firstName === '' ? row.name : row.firstName,
    last_name: row.lastName,
    department: row.department,
    email: row.email,
    namespace: row.namespace,
    principal: row.name,
    user_name: `${row.name}@${row.profile}-authz`,
    domain_entry_id: row.id,
    domain: { id: internalDomain.id, href: `${apiBase}/domains/${internalDomain.id}`, name: internalDomain.name },
  }
}

/** A role; its permits are a collection of their own. */
export function roleToWire(row: RoleRow): WireObject {
  const href = `${apiBase}/roles/${row.id}`
  return {
    id: row.id,
    href,
    link: linksBelow(href, ['permits']),
    name: row.name,
    description: row.description,
    administrative: row.administrative,
    mutable: row.mutable,
  }
}

/** A permit below a role or a cluster level. */
export const permitToWire = (permit: (typeof permits)[number], owner: string): WireObject => ({
  id: String(permit.id),
  href: `${owner}/permits/${permit.id}`,
  name: permit.name,
  administrative: permit.administrative,
})

/** The element and collection of each kind of object that the API knows permissions on. */
export const objectCollections: Readonly<Record<string, { element: string; collection: string }>> = {
  data_center: { element: 'data_center', collection: 'datacenters' },
  cluster: { element: 'cluster', collection: 'clusters' },
  host: { element: 'host', collection: 'hosts' },
  storage_domain: { element: 'storage_domain', collection: 'storagedomains' },
  disk: { element: 'disk', collection: 'disks' },
  network: { element: 'network', collection: 'networks' },
  vnic_profile: { element: 'vnic_profile', collection: 'vnicprofiles' },
  vm: { element: 'vm', collection: 'vms' },
  template: { element: 'template', collection: 'templates' },
  mac_pool: { element: 'mac_pool', collection: 'macpools' },
}

/** A permission; its href is below the object that it is on, or below `/permissions` for the system. */
export function permissionToWire(row: PermissionRow): WireObject {
  const object = objectCollections[row.objectKind]
  const owner =
    object === undefined || row.objectId === zeroUuid ? apiBase : `${apiBase}/${object.collection}/${row.objectId}`
  return {
    id: row.id,
    href: `${owner}/permissions/${row.id}`,
    role: stub('roles', row.roleId),
    user: stub('users', row.userId),
    ...(object === undefined ? {} : { [object.element]: stub(object.collection, row.objectId) }),
  }
}
