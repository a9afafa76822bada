import { type ReactNode, useEffect } from 'react'

/** The page's title in the browser's tab: the page, then the product. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title === '' ? 'Rookery' : `${title} – Rookery`
  }, [title])
}

/** The one h1 of a page. It takes the focus after a navigation, so that screen readers say where one is. */
export function PageTitle({ title, children }: { title: string; children?: ReactNode }) {
  useTitle(title)
  return (
    <h1 id="page-title" tabIndex={-1} className="rk-title">
      {children ?? title}
    </h1>
  )
}
