import { type KeyboardEvent, type RefObject, useState } from 'react'

/** What the keys of a list do. */
interface GridKeys {
  count: number
  page: number
  open: (index: number) => void
  select: (index: number, range: boolean) => void
  all: () => void
  menu: (index: number) => void
  /** Brings a row into the window before it can take the focus. */
  reveal: (index: number) => void
}

/** One tab stop for the whole grid: the current row has it, arrows and the like move it. */
export function useGridKeys(scroller: RefObject<HTMLElement | null>, grid: GridKeys) {
  const [current, setCurrent] = useState(0)
  const here = Math.min(current, Math.max(0, grid.count - 1))
  const move = (to: number) => {
    const index = Math.max(0, Math.min(grid.count - 1, to))
    setCurrent(index)
    grid.reveal(index)
    requestAnimationFrame(() => scroller.current?.querySelector<HTMLElement>(`[data-row="${index}"]`)?.focus())
    return index
  }
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    if (!(event.target instanceof HTMLElement) || event.nativeEvent.isComposing) return
    const onRow = event.target.matches('[data-row]')
    const steps: Record<string, number> = {
      ArrowDown: here + 1,
      ArrowUp: here - 1,
      PageDown: here + grid.page,
      PageUp: here - grid.page,
      Home: 0,
      End: grid.count - 1,
    }
    const to = Object.hasOwn(steps, event.key) ? steps[event.key] : undefined
    const code = event.code
    if (to !== undefined) {
      const index = move(to)
      if (event.shiftKey) grid.select(index, true)
    } else if ((event.ctrlKey || event.metaKey) && code === 'KeyA') grid.all()
    else if (onRow && event.key === 'Enter') grid.open(here)
    else if (onRow && event.key === ' ') grid.select(here, false)
    else if (onRow && (event.key === '.' || code === 'Period' || (event.shiftKey && event.key === 'F10')))
      grid.menu(here)
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  const onFocus = (event: React.FocusEvent<HTMLElement>) => {
    const row = event.target.closest<HTMLElement>('[data-row]')
    if (row !== null) setCurrent(Number(row.dataset['row']))
  }
  return { current: here, onKeyDown, onFocus }
}
