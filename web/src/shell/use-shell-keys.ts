import { useEffect, useRef } from 'react'
import { paths } from '../paths.ts'
import { useGo } from '../templates/go.tsx'
import { goKeys, keyOf, typesInto } from './keys.ts'

/** How long `g` waits for its letter (ms). */
const patience = 1500

/** The single keys of every page: search, help, go to, tasks, tabs. None counts while a field or a console has the focus. */
export function useShellKeys(on: { help: () => void; tasks: () => void }): void {
  const go = useGo()
  const latest = useRef({ go, on })
  useEffect(() => {
    latest.current = { go, on }
  })
  useEffect(() => {
    let goUntil = 0
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || typesInto(event.target)) return
      const key = keyOf(event)
      const { go, on } = latest.current
      const done = () => event.preventDefault()
      if (goUntil > Date.now() && key !== undefined && Object.hasOwn(goKeys, key)) {
        goUntil = 0
        done()
        return go(paths[goKeys[key as keyof typeof goKeys]]())
      }
      goUntil = 0
      if (key === 'g' && !event.shiftKey) goUntil = Date.now() + patience
      else if (key === '/') {
        const search = document.querySelector<HTMLInputElement>('[data-search-box] input')
        if (search !== null) {
          done()
          search.focus()
        }
      } else if (key === '?') {
        done()
        on.help()
      } else if (key === 't' && event.shiftKey) {
        done()
        on.tasks()
      } else if (key === '[' || key === ']') {
        const tabs = [...document.querySelectorAll<HTMLAnchorElement>('[data-tabs] a')]
        const at = tabs.findIndex(tab => tab.getAttribute('aria-current') === 'page')
        const next = tabs[at + (key === ']' ? 1 : -1)]
        if (at >= 0 && next !== undefined) {
          done()
          next.click()
        }
      }
    }
    document.addEventListener('keydown', press)
    return () => document.removeEventListener('keydown', press)
  }, [])
}
