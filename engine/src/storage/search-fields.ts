import { fragment, type SqlFragment } from '../db/index.ts'
import type { SearchField, SearchTable } from '../search/index.ts'

const text = (sql: SqlFragment): SearchField => ({ sql, type: 'text' })
const number = (sql: SqlFragment): SearchField => ({ sql, type: 'number' })
const named = (sql: SqlFragment, within: NonNullable<SearchField['within']>): SearchField => ({
  sql,
  type: 'text',
  within,
})

const dataCenter: NonNullable<SearchField['within']> = (c, seen) =>
  fragment`exists (select 1 from ${seen('data_center')} d where d.id = v.data_center_id and ${c})`

/** What storage domains can be searched by; sizes in GiB (fact sheet 1.8). */
export const storageDomainFields: SearchTable = {
  fields: {
    name: text(fragment`v.name`),
    id: { sql: fragment`v.id`, type: 'id' },
    status: { sql: fragment`v.status`, type: 'enum' },
    shared_status: { sql: fragment`v.status`, type: 'enum' },
    external_status: { sql: fragment`'ok'`, type: 'enum' },
    type: { sql: fragment`v.type`, type: 'enum' },
    description: text(fragment`v.description`),
    comment: text(fragment`v.comment`),
    free_size: number(fragment`v.available / 1073741824`),
    used_size: number(fragment`v.used / 1073741824`),
    total_size: number(fragment`(v.available + v.used) / 1073741824`),
    committed: number(fragment`v.committed / 1073741824`),
    wipe_after_delete: { sql: fragment`v.wipe_after_delete`, type: 'boolean' },
    discard_after_delete: { sql: fragment`v.discard_after_delete`, type: 'boolean' },
    backup: { sql: fragment`v.backup`, type: 'boolean' },
    datacenter: named(fragment`d.name`, dataCenter),
    'datacenter.name': named(fragment`d.name`, dataCenter),
  },
  default: ['name', 'description', 'comment'],
  prefixes: ['storage', 'storagedomain', 'storagedomains'],
}

const onDomain: NonNullable<SearchField['within']> = (c, seen) =>
  fragment`exists (select 1 from ${seen('storage_domain')} s where s.id = v.storage_domain_id and ${c})`
const ofVm: NonNullable<SearchField['within']> = (c, seen) =>
  fragment`exists (select 1 from ${seen('vm')} m where m.id = any (v.vm_ids) and ${c})`

/** What disks can be searched by; `name` means the alias, sizes in GiB (fact sheet 1.8). */
export const diskFields: SearchTable = {
  fields: {
    name: text(fragment`v.alias`),
    alias: text(fragment`v.alias`),
    id: { sql: fragment`v.id`, type: 'id' },
    description: text(fragment`v.description`),
    status: { sql: fragment`v.status`, type: 'enum' },
    provisioned_size: number(fragment`v.capacity::numeric / 1073741824`),
    size: number(fragment`v.capacity::numeric / 1073741824`),
    actual_size: number(fragment`v.actual_size::numeric / 1073741824`),
    creation_date: { sql: fragment`v.created_at`, type: 'time' },
    last_modified: { sql: fragment`v.modified_at`, type: 'time' },
    shareable: { sql: fragment`v.shareable`, type: 'boolean' },
    wipe_after_delete: { sql: fragment`v.wipe_after_delete`, type: 'boolean' },
    disk_type: { sql: fragment`'image'`, type: 'enum' },
    disk_content_type: { sql: fragment`v.content_type`, type: 'enum' },
    allocation_policy: { sql: fragment`case when v.sparse then 'thin' else 'raw' end`, type: 'enum' },
    number_of_vms: number(fragment`cardinality(v.vm_ids)`),
    vm_names: named(fragment`m.name`, ofVm),
    'vm.name': named(fragment`m.name`, ofVm),
    'vms.name': named(fragment`m.name`, ofVm),
    'storage.name': named(fragment`s.name`, onDomain),
    datacenter: named(fragment`d.name`, dataCenter),
    'datacenter.name': named(fragment`d.name`, dataCenter),
    quota: text(fragment`null::text`),
  },
  default: ['alias', 'description'],
  prefixes: ['disk', 'disks'],
}
