import { useState } from 'react'
import type { QueryName } from '../../api/client.ts'
import { useAsk } from '../../api/hooks.ts'

/** The most rows that are remembered while scrolling. */
const mostKept = 2000

/** Rows by id for the window of a list; those seen before stay until their new answer comes, so that scrolling back shows them at once. */
export function useRows<Row extends { id: string }>(
  name: Extract<QueryName, `${string}.list`>,
  ids: readonly string[],
): { rows: ReadonlyMap<string, Row>; error: ReturnType<typeof useAsk>['error'] } {
  const input = { ids: [...ids] }
  const { data, error } = useAsk(name, input as never, { enabled: ids.length > 0, keep: true })
  const [seen, setSeen] = useState<unknown>()
  const [rows, setRows] = useState<ReadonlyMap<string, Row>>(new Map())
  if (data !== undefined && data !== seen) {
    setSeen(data)
    const answer = data as unknown as Row[]
    const next = new Map(rows.size > mostKept ? [] : rows)
    for (const row of answer) next.set(row.id, row)
    setRows(next)
  }
  return { rows, error }
}
