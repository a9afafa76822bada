import { useState } from 'react'

/** The selected rows of a list, with ranges by Shift. */
export interface Selection {
  ids: ReadonlySet<string>
  toggle: (id: string, index: number, range: boolean, order: readonly string[]) => void
  set: (ids: readonly string[]) => void
  clear: () => void
}

/** Keeps a selection; it is not in the address. */
export function useSelection(): Selection {
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set())
  const [from, setFrom] = useState(0)
  return {
    ids,
    toggle(id, index, range, order) {
      const next = new Set(ids)
      if (range) for (const other of order.slice(Math.min(from, index), Math.max(from, index) + 1)) next.add(other)
      else if (!next.delete(id)) next.add(id)
      setFrom(index)
      setIds(next)
    },
    set: next => setIds(new Set(next)),
    clear: () => setIds(new Set()),
  }
}
