import type { RowKind } from '../core/kinds.ts'
import type { SqlFragment } from '../db/index.ts'

/** What of another kind the asker may see, as a table expression. */
export type Seen = (kind: RowKind) => SqlFragment

/** What a field compares as. */
export type FieldType = 'text' | 'number' | 'time' | 'boolean' | 'id' | 'enum'

/** One searchable field: a typed expression over the visible row `v`. */
export interface SearchField {
  sql: SqlFragment
  type: FieldType
  /** For fields of related things: puts the condition on `sql` into an `exists` over those that the asker may see. */
  within?: (condition: SqlFragment, seen: Seen) => SqlFragment
}

/** The fields of one kind by lower-case name (`name`, `cluster`, `storage.name`); `default` names those a bare word searches. */
export interface SearchTable {
  fields: Readonly<Record<string, SearchField>>
  default: readonly string[]
  /** Lower-case prefixes that mean the kind itself: `vm`, `vms`. */
  prefixes: readonly string[]
}
