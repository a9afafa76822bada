import { useSearch } from '@tanstack/react-router'
import { useGo } from './go.tsx'

/** The search part of the address as texts, and a way to change some of it; what is undefined or empty is taken out. */
export function useTextSearch(): {
  search: Readonly<Record<string, string | undefined>>
  change: (parts: Readonly<Record<string, string | undefined>>, o?: { replace?: boolean }) => void
} {
  const search = useSearch({ strict: false }) as Record<string, string | undefined>
  const go = useGo()
  return {
    search,
    change(parts, o = {}) {
      const next = new URLSearchParams()
      for (const [key, value] of Object.entries({ ...search, ...parts }))
        if (value !== undefined && value !== '') next.set(key, value)
      const text = next.toString()
      go(`${window.location.pathname}${text === '' ? '' : `?${text}`}`, { replace: o.replace ?? false })
    },
  }
}
