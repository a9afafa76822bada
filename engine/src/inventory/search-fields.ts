import { fragment, type SqlFragment } from '../db/index.ts'
import type { SearchField, SearchTable } from '../search/index.ts'

const text = (sql: SqlFragment): SearchField => ({ sql, type: 'text' })
const number = (sql: SqlFragment): SearchField => ({ sql, type: 'number' })
const named = (sql: SqlFragment, within: NonNullable<SearchField['within']>): SearchField => ({
  sql,
  type: 'text',
  within,
})

/** What data centers can be searched by (fact sheet 1.8). */
export const dataCenterFields: SearchTable = {
  fields: {
    name: text(fragment`v.name`),
    id: { sql: fragment`v.id`, type: 'id' },
    description: text(fragment`v.description`),
    comment: text(fragment`v.comment`),
    local: { sql: fragment`v.local`, type: 'boolean' },
    status: { sql: fragment`v.status`, type: 'enum' },
    compatibility_version: text(fragment`v.level_major || '.' || v.level_minor`),
    'storage.name': named(
      fragment`s.name`,
      (c, seen) => fragment`exists (select 1 from ${seen('storage_domain')} s where s.data_center_id = v.id and ${c})`,
    ),
    'clusters.name': named(
      fragment`k.name`,
      (c, seen) => fragment`exists (select 1 from ${seen('cluster')} k where k.data_center_id = v.id and ${c})`,
    ),
    'cluster.name': named(
      fragment`k.name`,
      (c, seen) => fragment`exists (select 1 from ${seen('cluster')} k where k.data_center_id = v.id and ${c})`,
    ),
  },
  default: ['name', 'description', 'comment'],
  prefixes: ['datacenter', 'datacenters'],
}

const dataCenterOfCluster: NonNullable<SearchField['within']> = (c, seen) =>
  fragment`exists (select 1 from ${seen('data_center')} d where d.id = v.data_center_id and ${c})`

/** What clusters can be searched by (fact sheet 1.8). */
export const clusterFields: SearchTable = {
  fields: {
    name: text(fragment`v.name`),
    id: { sql: fragment`v.id`, type: 'id' },
    description: text(fragment`v.description`),
    comment: text(fragment`v.comment`),
    architecture: text(fragment`v.cpu_architecture`),
    cpu_type: text(fragment`v.cpu_type`),
    compatibility_level: text(fragment`v.level_major || '.' || v.level_minor`),
    datacenter: named(fragment`d.name`, dataCenterOfCluster),
    'datacenter.name': named(fragment`d.name`, dataCenterOfCluster),
  },
  default: ['name', 'description', 'comment'],
  prefixes: ['cluster', 'clusters'],
}

const clusterOfHost: NonNullable<SearchField['within']> = (c, seen) =>
  fragment`exists (select 1 from ${seen('cluster')} k where k.id = v.cluster_id and ${c})`
const dataCenterOfHost: NonNullable<SearchField['within']> = (c, seen) =>
  fragment`exists (select 1 from ${seen('data_center')} d where d.id = v.data_center_id and ${c})`

/** What hosts can be searched by (fact sheet 1.8). */
export const hostFields: SearchTable = {
  fields: {
    name: text(fragment`v.name`),
    id: { sql: fragment`v.id`, type: 'id' },
    status: { sql: fragment`v.status`, type: 'enum' },
    external_status: { sql: fragment`'ok'`, type: 'enum' },
    address: text(fragment`v.address`),
    comment: text(fragment`v.comment`),
    type: { sql: fragment`v.kind`, type: 'enum' },
    cluster: named(fragment`k.name`, clusterOfHost),
    'cluster.name': named(fragment`k.name`, clusterOfHost),
    'clusters.name': named(fragment`k.name`, clusterOfHost),
    datacenter: named(fragment`d.name`, dataCenterOfHost),
    'datacenter.name': named(fragment`d.name`, dataCenterOfHost),
    cpu_model: text(fragment`v.facts -> 'cpu' ->> 'model'`),
    cpu_speed: number(fragment`(v.facts -> 'cpu' ->> 'mhz')::numeric`),
    cpus: number(
      fragment`(v.facts -> 'cpu' ->> 'sockets')::int * (v.facts -> 'cpu' ->> 'cores')::int * (v.facts -> 'cpu' ->> 'threads')::int`,
    ),
    cpu_usage: number(fragment`(1 - (v.stats ->> 'cpuIdle')::numeric) * 100`),
    mem_usage: number(fragment`(v.stats ->> 'memoryUsed')::numeric * 100 / nullif((v.facts ->> 'memory')::numeric, 0)`),
    load: number(fragment`(v.stats ->> 'load5')::numeric`),
    memory: number(fragment`(v.facts ->> 'memory')::bigint / 1048576`),
    active_vms: number(fragment`v.vms_active`),
    migrating_vms: number(fragment`v.vms_migrating`),
    committed_mem: number(fragment`v.committed_memory / 1048576`),
    version: text(fragment`v.facts ->> 'agentVersion'`),
    architecture: text(fragment`v.facts -> 'cpu' ->> 'architecture'`),
    hw_id: text(fragment`v.host_uuid::text`),
    tag: named(
      fragment`t.name`,
      c =>
        fragment`exists (select 1 from tag t join tag_assignment ta on ta.tag_id = t.id where ta.object_kind = 'host' and ta.object_id = v.id and ${c})`,
    ),
    'vm.name': named(
      fragment`m.name`,
      (c, seen) => fragment`exists (select 1 from ${seen('vm')} m where m.host_id = v.id and ${c})`,
    ),
    'vms.name': named(
      fragment`m.name`,
      (c, seen) => fragment`exists (select 1 from ${seen('vm')} m where m.host_id = v.id and ${c})`,
    ),
    update_available: { sql: fragment`false`, type: 'boolean' },
  },
  default: ['name', 'address', 'comment'],
  prefixes: ['host', 'hosts'],
}
