import { fragment, type SqlFragment } from '../db/index.ts'

/**
 * Everything that has an id and that people may see or not. `table` is what `visible` reads; `parents` says from which
 * objects a permission comes down: entity kind → the expression (over the row, as `x`) of that object's id.
 */
export interface KindSpec {
  /** Where rows are read from: the kind's view. */
  readonly table: string
  /** The table that holds what people configured, with `version`; for plans and for the changes an event keeps. */
  readonly base: string
  /** How people call it: "VM". */
  readonly word: string
  /** Kinds above it, each as a set of ids: ``fragment`select …` `` or a column. */
  readonly parents: Readonly<Record<string, SqlFragment>>
  /** A further way to see a row, `user` being the asker's id (a parameter). */
  readonly also?: (user: SqlFragment) => SqlFragment
  /** No permission can be given on a row itself. */
  readonly ownPermissions?: false
  /** Whoever sees one of the entities in the column `refs` sees the row. */
  readonly byRefs?: true
  /** Whoever holds any permission at all sees every row. */
  readonly common?: boolean
}

/** A direct permission of the user on one of the rows below this one; makes data centers and clusters of one's VMs visible. */
const holdsOn = (user: SqlFragment, kind: string, ids: SqlFragment): SqlFragment =>
  fragment`exists (select 1 from permission q where q.user_id = ${user} and q.object_kind = ${kind} and q.object_id in (${ids}))`

const clusterDataCenter = fragment`select c.data_center_id from cluster c where c.id = x.cluster_id`

export const kinds = {
  data_center: {
    table: 'data_center_view',
    base: 'data_center',
    word: 'data center',
    parents: {},
    also: user => fragment`(
      ${holdsOn(user, 'cluster', fragment`select c.id from cluster c where c.data_center_id = x.id`)}
      or ${holdsOn(user, 'storage_domain', fragment`select s.id from storage_domain s where s.data_center_id = x.id`)}
      or ${holdsOn(user, 'network', fragment`select n.id from network n where n.data_center_id = x.id`)}
      or ${holdsOn(user, 'vm', fragment`select v.id from vm v join cluster c on c.id = v.cluster_id where c.data_center_id = x.id`)}
      or ${holdsOn(user, 'disk', fragment`select d.id from disk d join storage_domain s on s.id = d.storage_domain_id where s.data_center_id = x.id`)}
      or ${holdsOn(user, 'template', fragment`select t.id from template t join cluster c on c.id = t.cluster_id where c.data_center_id = x.id`)})`,
  },
  cluster: {
    table: 'cluster_view',
    base: 'cluster',
    word: 'cluster',
    parents: { data_center: fragment`x.data_center_id` },
    also: user => fragment`(
      ${holdsOn(user, 'vm', fragment`select v.id from vm v where v.cluster_id = x.id`)}
      or ${holdsOn(user, 'host', fragment`select h.id from host h where h.cluster_id = x.id`)}
      or ${holdsOn(user, 'template', fragment`select t.id from template t where t.cluster_id = x.id`)})`,
  },
  host: {
    table: 'host_view',
    base: 'host',
    word: 'host',
    parents: { cluster: fragment`x.cluster_id`, data_center: clusterDataCenter },
  },
  storage_domain: {
    table: 'storage_domain_view',
    base: 'storage_domain',
    word: 'storage domain',
    parents: { data_center: fragment`x.data_center_id` },
    also: user => holdsOn(user, 'disk', fragment`select d.id from disk d where d.storage_domain_id = x.id`),
  },
  disk: {
    table: 'disk_view',
    base: 'disk',
    word: 'disk',
    parents: {
      storage_domain: fragment`x.storage_domain_id`,
      data_center: fragment`select s.data_center_id from storage_domain s where s.id = x.storage_domain_id`,
      vm: fragment`select a.vm_id from disk_attachment a where a.disk_id = x.id`,
      cluster: fragment`select v.cluster_id from disk_attachment a join vm v on v.id = a.vm_id where a.disk_id = x.id`,
    },
  },
  network: {
    table: 'network_view',
    base: 'network',
    word: 'network',
    parents: { data_center: fragment`x.data_center_id` },
    also: user => holdsOn(user, 'vnic_profile', fragment`select p.id from vnic_profile p where p.network_id = x.id`),
  },
  vnic_profile: {
    table: 'vnic_profile_view',
    base: 'vnic_profile',
    word: 'vNIC profile',
    parents: {
      network: fragment`x.network_id`,
      data_center: fragment`select n.data_center_id from network n where n.id = x.network_id`,
    },
  },
  vm: {
    table: 'vm_view',
    base: 'vm',
    word: 'VM',
    parents: { cluster: fragment`x.cluster_id`, data_center: clusterDataCenter },
  },
  template: {
    table: 'template',
    base: 'template',
    word: 'template',
    parents: { cluster: fragment`x.cluster_id`, data_center: clusterDataCenter },
    // The Blank template belongs to everyone who has anything here.
    also: user => fragment`(x.id = '00000000-0000-0000-0000-000000000000'
      and exists (select 1 from permission q where q.user_id = ${user}))`,
  },
  image_transfer: {
    table: 'image_transfer',
    base: 'image_transfer',
    word: 'image transfer',
    parents: {
      disk: fragment`x.disk_id`,
      storage_domain: fragment`select d.storage_domain_id from disk d where d.id = x.disk_id`,
      data_center: fragment`select s.data_center_id from disk d join storage_domain s on s.id = d.storage_domain_id where d.id = x.disk_id`,
      // Whoever reaches the disk reaches its transfer.
      vm: fragment`select a.vm_id from disk_attachment a where a.disk_id = x.disk_id`,
      cluster: fragment`select v.cluster_id from disk_attachment a join vm v on v.id = a.vm_id where a.disk_id = x.disk_id`,
    },
    also: user => fragment`x.user_id = ${user}`,
  },
  user: {
    table: 'users',
    base: 'users',
    word: 'user',
    parents: {},
    also: user => fragment`x.id = ${user}`,
  },
  role: { table: 'role', base: 'role', word: 'role', parents: {}, common: true },
  permission: {
    table: 'permission',
    base: 'permission',
    word: 'permission',
    parents: {},
    also: user => fragment`x.user_id = ${user}`,
  },
  mac_pool: { table: 'mac_pool', base: 'mac_pool', word: 'MAC pool', parents: {} },
  affinity_group: {
    table: 'affinity_group_view',
    base: 'affinity_group',
    word: 'affinity group',
    parents: { cluster: fragment`x.cluster_id`, data_center: fragment`x.data_center_id` },
    ownPermissions: false,
  },
  affinity_label: {
    table: 'affinity_label_view',
    base: 'affinity_label',
    word: 'affinity label',
    parents: {},
    common: true,
  },
  scheduling_policy: {
    table: 'scheduling_policy',
    base: 'scheduling_policy',
    word: 'scheduling policy',
    parents: {},
    ownPermissions: false,
    common: true,
  },
  tag: { table: 'tag', base: 'tag', word: 'tag', parents: {}, common: true },
  project: { table: 'project', base: 'project', word: 'project', parents: {} },
  job: {
    table: 'job',
    base: 'job',
    word: 'job',
    parents: {},
    ownPermissions: false,
    byRefs: true,
    also: user => fragment`x.owner_id = ${user}`,
  },
  event: {
    table: 'event',
    base: 'event',
    word: 'event',
    parents: {},
    ownPermissions: false,
    byRefs: true,
    also: user => fragment`x.actor_id = ${user}`,
  },
} as const satisfies Record<string, KindSpec>

/** The kind of an entity; `system` is the root that everything hangs on. */
export type EntityKind = keyof typeof kinds | 'system'

/** A kind that has rows. */
export type RowKind = keyof typeof kinds

/** The same table, its differing members widened. */
export const kindSpec = (kind: RowKind): KindSpec => kinds[kind]

/** Whether a word from outside names a kind that has rows. */
export const isRowKind = (word: string): word is RowKind => Object.hasOwn(kinds, word)

/** An entity by kind and id; the name only for people to read. */
export interface Ref {
  readonly kind: EntityKind
  readonly id: string
  readonly name?: string
}

/** The object that system-wide permissions are given on. */
export const systemRef: Ref = { kind: 'system', id: '00000000-0000-0000-0000-000000000000', name: 'System' }
