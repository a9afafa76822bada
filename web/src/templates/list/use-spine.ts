import { useMemo, useState } from 'react'
import type { ApiError } from '../../api/error.ts'
import { useAsk } from '../../api/hooks.ts'
import type { Spine } from '../../api/rows.ts'
import { compareOrder, type OrderDifference } from './order.ts'
import type { ListProps } from './types.ts'

/** The order of a list: the one that is shown, and how the newest differs from it. */
export interface Order {
  /** Undefined until the first answer. */
  ids: readonly string[] | undefined
  total: number
  difference: OrderDifference
  /** Of the search as it is typed now; what is shown is the last good answer. */
  error: ApiError | null
  /** Shows the newest order. */
  show: () => void
  again: () => void
}

/**
 * The spine of a list. While it is held (somebody is about to click) a newer order only counts; what was asked for anew, by typing
 * or sorting, is shown at once.
 */
export function useSpine(query: ListProps<{ id: string }, unknown>['search'], text: string, held: boolean): Order {
  const { data, error, refetch } = useAsk(query, { text } as never, { keep: true })
  const newest = data as Spine | undefined
  const [shown, setShown] = useState<{ spine: Spine; text: string }>()
  const fresh = newest !== undefined && newest !== shown?.spine
  if (fresh && (!held || shown?.text !== text)) setShown({ spine: newest, text })
  const difference = useMemo(
    () => compareOrder(shown?.spine.ids ?? [], newest?.ids ?? shown?.spine.ids ?? []),
    [shown, newest],
  )
  return {
    ids: shown?.spine.ids,
    total: (newest ?? shown?.spine)?.total ?? 0,
    difference,
    error,
    show: () => {
      if (newest !== undefined) setShown({ spine: newest, text })
    },
    again: () => void refetch(),
  }
}
