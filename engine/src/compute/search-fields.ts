import { fragment, type SqlFragment } from '../db/index.ts'
import type { SearchField, SearchTable, Seen } from '../search/index.ts'

const text = (sql: SqlFragment): SearchField => ({ sql, type: 'text' })
const number = (sql: SqlFragment): SearchField => ({ sql, type: 'number' })

const inCluster = (condition: SqlFragment, seen: Seen) =>
  fragment`exists (select 1 from ${seen('cluster')} c where c.id = v.cluster_id and ${condition})`
const inDataCenter = (condition: SqlFragment, seen: Seen) =>
  fragment`exists (select 1 from ${seen('data_center')} d join cluster k on k.data_center_id = d.id where k.id = v.cluster_id and ${condition})`
const onHost = (condition: SqlFragment, seen: Seen) =>
  fragment`exists (select 1 from ${seen('host')} h where h.id = v.host_id and ${condition})`
const onStorage = (condition: SqlFragment, seen: Seen) =>
  fragment`exists (select 1 from ${seen('storage_domain')} s join disk sd on sd.storage_domain_id = s.id
    join disk_attachment sa on sa.disk_id = sd.id where sa.vm_id = v.id and ${condition})`
const tagged = (kind: string) => (condition: SqlFragment) =>
  fragment`exists (select 1 from tag t join tag_assignment ta on ta.tag_id = t.id
    where ta.object_kind = ${kind} and ta.object_id = v.id and ${condition})`
const named = (sql: SqlFragment, within: NonNullable<SearchField['within']>): SearchField => ({
  sql,
  type: 'text',
  within,
})

/** The newest statistics of a run. */
const now = (sql: SqlFragment): SearchField => number(fragment`(select ${sql} from vm_now n where n.vm_id = v.id)`)

/** What VMs can be searched by (fact sheet 1.8). */
export const vmFields: SearchTable = {
  fields: {
    name: text(fragment`v.name`),
    id: { sql: fragment`v.id`, type: 'id' },
    status: { sql: fragment`v.status`, type: 'enum' },
    description: text(fragment`v.description`),
    comment: text(fragment`v.comment`),
    cluster: named(fragment`c.name`, inCluster),
    'cluster.name': named(fragment`c.name`, inCluster),
    'clusters.name': named(fragment`c.name`, inCluster),
    datacenter: named(fragment`d.name`, inDataCenter),
    'datacenter.name': named(fragment`d.name`, inDataCenter),
    on_host: named(fragment`h.name`, onHost),
    host: named(fragment`h.name`, onHost),
    'host.name': named(fragment`h.name`, onHost),
    'hosts.name': named(fragment`h.name`, onHost),
    'storage.name': named(fragment`s.name`, onStorage),
    tag: named(fragment`t.name`, tagged('vm')),
    'template.name': named(
      fragment`x.name`,
      c => fragment`exists (select 1 from template x where x.id = v.template_id and ${c})`,
    ),
    template: named(
      fragment`x.name`,
      c => fragment`exists (select 1 from template x where x.id = v.template_id and ${c})`,
    ),
    migration_progress_percent: number(
      fragment`coalesce(floor(100 * ((v.migration ->> 'total')::float8 - (v.migration ->> 'remaining')::float8)
        / nullif((v.migration ->> 'total')::float8, 0)), 0)`,
    ),
    fqdn: text(fragment`v.guest ->> 'hostname'`),
    ip: named(
      fragment`split_part(a.address, '/', 1)`,
      c =>
        fragment`exists (select 1 from jsonb_array_elements(v.guest -> 'nics') g, jsonb_array_elements_text(g -> 'addresses') a(address) where ${c})`,
    ),
    os: text(fragment`v.config -> 'os' ->> 'type'`),
    type: { sql: fragment`coalesce(v.config ->> 'type', 'server')`, type: 'enum' },
    memory: number(fragment`(v.config ->> 'memory')::bigint / 1048576`),
    guaranteed_memory: number(
      fragment`coalesce((v.config -> 'memoryPolicy' ->> 'guaranteed')::bigint, (v.config ->> 'memory')::bigint) / 1048576`,
    ),
    vcpus: number(
      fragment`coalesce((v.config -> 'cpu' ->> 'sockets')::int, 1) * coalesce((v.config -> 'cpu' ->> 'cores')::int, 1) * coalesce((v.config -> 'cpu' ->> 'threads')::int, 1)`,
    ),
    architecture: text(fragment`'x86_64'`),
    creationdate: { sql: fragment`v.created_at`, type: 'time' },
    uptime: number(fragment`extract(epoch from now() - v.run_started_at)`),
    cpu_usage: now(fragment`(n.stats ->> 'cpu')::numeric * 100`),
    mem_usage: now(fragment`(n.stats ->> 'memoryUsed')::numeric * 100 / nullif((v.config ->> 'memory')::numeric, 0)`),
    next_run_config_exists: { sql: fragment`v.next_run is not null`, type: 'boolean' },
    has_illegal_images: { sql: fragment`v.has_illegal_images`, type: 'boolean' },
    custom_emulated_machine: text(fragment`v.config ->> 'customMachine'`),
    custom_cpu_type: text(fragment`v.config -> 'cpu' ->> 'customModel'`),
    bios_type: { sql: fragment`coalesce(v.config -> 'bios' ->> 'type', 'cluster_default')`, type: 'enum' },
    created_by_user_id: { sql: fragment`v.creator_id`, type: 'id' },
    // Nothing of this release has one; the words are known so that searches of clients are no errors.
    pool: text(fragment`null::text`),
    quota: text(fragment`null::text`),
    apps: text(fragment`null::text`),
    loggedinuser: text(fragment`null::text`),
  },
  default: ['name', 'description', 'comment'],
  prefixes: ['vm', 'vms'],
}

/** What templates can be searched by (fact sheet 1.8). */
export const templateFields: SearchTable = {
  fields: {
    name: text(fragment`v.name`),
    id: { sql: fragment`v.id`, type: 'id' },
    description: text(fragment`v.description`),
    status: { sql: fragment`v.status`, type: 'enum' },
    // The Blank template is in every cluster and data center.
    cluster: named(
      fragment`c.name`,
      (condition, seen) =>
        fragment`exists (select 1 from ${seen('cluster')} c where (v.cluster_id is null or c.id = v.cluster_id) and ${condition})`,
    ),
    datacenter: named(
      fragment`d.name`,
      (condition, seen) =>
        fragment`exists (select 1 from ${seen('data_center')} d left join cluster k on k.data_center_id = d.id where (v.cluster_id is null or k.id = v.cluster_id) and ${condition})`,
    ),
    version_name: text(fragment`v.version_name`),
    creationdate: { sql: fragment`v.created_at`, type: 'time' },
    os: text(fragment`v.config -> 'os' ->> 'type'`),
    mem: number(fragment`(v.config ->> 'memory')::bigint / 1048576`),
    childcount: number(fragment`(select count(*) from vm b where b.template_id = v.id)`),
    architecture: text(fragment`'x86_64'`),
    tag: named(fragment`t.name`, tagged('template')),
    'vm.name': named(
      fragment`b.name`,
      (condition, seen) => fragment`exists (select 1 from ${seen('vm')} b where b.template_id = v.id and ${condition})`,
    ),
    'vms.name': named(
      fragment`b.name`,
      (condition, seen) => fragment`exists (select 1 from ${seen('vm')} b where b.template_id = v.id and ${condition})`,
    ),
    quota: text(fragment`null::text`),
    comment: text(fragment`''`),
    sealed: { sql: fragment`false`, type: 'boolean' },
  },
  default: ['name', 'description'],
  prefixes: ['template', 'templates'],
}
