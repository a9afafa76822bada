import { useEffect, useId, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { ApiError } from '../../api/error.ts'
import { useErrorText } from '../error-text.ts'

/** How long after the last key the engine is asked (ms). */
const pause = 300

/**
 * The search box of a list: oVirt's search language, or plain words. It asks after a pause, never while a syllable is composed; an
 * error marks its column and leaves what is shown.
 */
export function SearchBox(p: {
  value: string
  onSearch: (text: string) => void
  hint: string
  label: string
  error: ApiError | null
}) {
  const { t } = useTranslation('list')
  const [text, setText] = useState(p.value)
  const [asked, setAsked] = useState(p.value)
  const composing = useRef(false)
  const timer = useRef<number>(undefined)
  const errorId = useId()
  // Back and Forward change the address below us.
  if (p.value !== asked) {
    setAsked(p.value)
    setText(p.value)
  }
  useEffect(() => () => window.clearTimeout(timer.current), [])
  const search = (next: string) => {
    window.clearTimeout(timer.current)
    setAsked(next)
    p.onSearch(next)
  }
  const type = (next: string) => {
    setText(next)
    window.clearTimeout(timer.current)
    if (!composing.current) timer.current = window.setTimeout(() => search(next), pause)
  }
  return (
    <div className="rk-search" data-search-box data-error={p.error !== null}>
      <svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true" className="rk-icon-line">
        <circle cx="6" cy="6" r="4.500" />
        <path d="M9.500 9.500 13 13" />
      </svg>
      <input
        type="text"
        role="searchbox"
        aria-label={p.label}
        value={text}
        placeholder={p.hint}
        spellCheck={false}
        autoComplete="off"
        maxLength={4000}
        aria-invalid={p.error !== null}
        aria-describedby={p.error === null ? undefined : errorId}
        onChange={event => type(event.target.value)}
        onCompositionStart={() => {
          composing.current = true
        }}
        onCompositionEnd={event => {
          composing.current = false
          type(event.currentTarget.value)
        }}
        onKeyDown={event => {
          if (event.nativeEvent.isComposing) return
          if (event.key === 'Enter') search(text)
          if (event.key === 'Escape' && text !== '') {
            event.stopPropagation()
            setText('')
            search('')
          }
        }}
      />
      {text === '' ? null : (
        <button
          type="button"
          className="rk-plain"
          aria-label={t('clearSearch')}
          onClick={() => {
            setText('')
            search('')
          }}
        >
          ✕
        </button>
      )}
      {p.error === null ? null : <SearchError error={p.error} text={asked} id={errorId} />}
    </div>
  )
}

/** What is wrong with the search, with a mark below the character where it is. */
function SearchError({ error, text, id }: { error: ApiError; text: string; id: string }) {
  const { why, foreign } = useErrorText(error)
  const column = (error.detail as { column?: unknown } | undefined)?.column
  const at = typeof column === 'number' ? Math.max(1, column) : undefined
  const start = at === undefined ? 0 : Math.max(0, at - 25)
  return (
    <div className="rk-search-error" id={id} role="alert">
      <span lang={foreign ? 'en' : undefined}>
        <bdi>{why}</bdi>
      </span>
      {at === undefined ? null : (
        <pre aria-hidden="true">
          {text.slice(start, start + 60)}
          {'\n'}
          {' '.repeat(at - 1 - start)}^
        </pre>
      )}
    </div>
  )
}
