import type { SqlFragment } from '../db/index.ts'

/** What a field compares as. */
export type FieldType = 'text' | 'number' | 'time' | 'boolean' | 'id' | 'enum'

/** One searchable field: a typed expression over the visible row `v`. */
export interface SearchField {
  sql: SqlFragment
  type: FieldType
  /** For fields of related things: puts the condition on `sql` into an `exists` over them. */
  within?: (condition: SqlFragment) => SqlFragment
}

/** The fields of one kind by lower-case name (`name`, `cluster`, `storage.name`); `default` names those a bare word searches. */
export interface SearchTable {
  fields: Readonly<Record<string, SearchField>>
  default: readonly string[]
  /** Lower-case prefixes that mean the kind itself: `vm`, `vms`. */
  prefixes: readonly string[]
}
