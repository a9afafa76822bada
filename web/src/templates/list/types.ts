import type { ReactNode } from 'react'
import type { QueryName } from '../../api/client.ts'
import type { ActionItem } from '../actions.ts'

/** One column of a list. */
export interface Column<Row, Extra> {
  key: string
  title: string
  /** Shown unless the user chose otherwise. */
  first?: boolean
  /** The word of the search language that sorts by it; absent: it cannot be sorted by. */
  sort?: string
  /** Numbers stand right. */
  right?: boolean
  /** Share of the width, against the other columns. */
  width?: number
  cell: (row: Row, extra: Extra) => ReactNode
}

/** What a page says of its list; the template does the rest. */
export interface ListProps<Row extends { id: string }, Extra> {
  /** Under which the user's columns are kept, and what is looked up: `vm` asks `vm.search` and `vm.list`. */
  name: string
  search: Extract<QueryName, `${string}.search`>
  rows: Extract<QueryName, `${string}.list`>
  /** Narrows the search whatever the user types: `host = hyper1`. */
  within?: string
  title: string
  /** The count beside the title: `212 VMs`. */
  count: (n: number) => string
  /** What the search box suggests. */
  hint: string
  columns: readonly Column<Row, Extra>[]
  /** More of the rows in the window, by a hook: numbers that move, names of what they refer to. */
  useExtra: (ids: readonly string[]) => Extra
  rowName: (row: Row) => string
  rowTo: (row: Row) => string
  /** What can be done with one row, or with all that are selected. */
  actions: (rows: readonly Row[]) => readonly ActionItem[]
  /** Buttons above the list; the first is the most important one. */
  create?: readonly ActionItem[]
  /** What to say and to offer when there is none at all. */
  empty: ReactNode
  /** Inside a detail page: no title, the tab has it. */
  inset?: boolean
  /** Part of a page with a dialog over it: the order stands still. */
  held?: boolean
}
