/** Which rows are in the page: a window of the list that moves in steps, so that scrolling seldom renders. */
export interface RowWindow {
  first: number
  /** One after the last. */
  end: number
}

const step = 8

/** The window for a scroll position; heights in pixels. A step is kept ready above and below what is seen. */
export function rowWindow(scrollTop: number, height: number, rowHeight: number, count: number): RowWindow {
  const seen = Math.floor(scrollTop / rowHeight)
  const first = Math.max(0, Math.floor(seen / step) * step - step)
  const end = Math.min(count, first + Math.ceil(height / rowHeight / step) * step + 3 * step)
  return { first: Math.min(first, Math.max(0, end - 1)), end }
}
