import { toApiError } from '../api/error.ts'
import type { ActionItem } from './actions.ts'
import type { useNotes } from './notes.tsx'

/**
 * One action for one row or for all that are selected: those that can take it get it, the label says how many those are, and when
 * none can the reason stands beside it.
 */
export function bulkAction<Row>(p: {
  key: string
  rows: readonly Row[]
  label: (able: number) => string
  /** Why one row cannot take it. */
  reason: (row: Row) => string | undefined
  /** Said of several rows when none can. */
  noneCan: string
  danger?: boolean
  run: (able: readonly Row[]) => void
}): ActionItem {
  const able = p.rows.filter(row => p.reason(row) === undefined)
  const [only] = p.rows
  const why = able.length > 0 || only === undefined ? undefined : p.rows.length > 1 ? p.noneCan : p.reason(only)
  return {
    key: p.key,
    label: p.label(able.length),
    reason: why,
    ...(p.danger === true ? { danger: true } : {}),
    run: () => p.run(able.length > 0 ? able : p.rows),
  }
}

/** Does something with each row; what the engine refuses is said in a note with the row's name. */
export async function withEach<Row>(
  rows: readonly Row[],
  act: (row: Row) => Promise<unknown>,
  notes: ReturnType<typeof useNotes>,
  title: (row: Row) => string,
): Promise<void> {
  await Promise.all(
    rows.map(async row => {
      try {
        await act(row)
      } catch (error) {
        notes.failed(title(row), toApiError(error))
      }
    }),
  )
}
