import { Button } from '@patternfly/react-core'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { ApiError } from '../api/error.ts'
import { useAsk } from '../api/hooks.ts'
import type { NativeQueries } from '../api/native.ts'
import { useFormat } from '../format/index.ts'
import { Problem } from '../templates/problem.tsx'
import { EventRow } from './event-row.tsx'
import { useEventText } from './event-line.tsx'
import './events.css'

type Event = NativeQueries['event.search']['output'][number]

/** How many are shown at first, and how many more each time; the engine gives at most 500 at once. */
const step = 100
const most = 500

/**
 * The event feed: newest on top. While somebody reads (the pointer is in it, or a row is open) nothing moves; what is newer is counted
 * and shown on demand. Further back one goes by a narrower search.
 */
export function EventFeed(p: {
  /** oVirt's search language. */
  text?: string
  /** Only events about this entity. */
  about?: { kind: string; id: string }
  label: string
  /** Shown when there is none. */
  none: string
  /** Hears what is wrong with `text`; null when nothing is. */
  onSearchError?: (error: ApiError | null) => void
}) {
  const { t } = useTranslation('events')
  const format = useFormat()
  const sentence = useEventText()
  const [max, setMax] = useState(step)
  const [open, setOpen] = useState<number>()
  const [inside, setInside] = useState(false)
  const [held, setHeld] = useState<readonly Event[]>()
  const { data, error, refetch } = useAsk(
    'event.search',
    { text: p.text ?? '', max, ...(p.about === undefined ? {} : { about: p.about }) },
    { keep: true },
  )
  const { onSearchError } = p
  const wrong = error?.code.startsWith('search') === true ? error : null
  useEffect(() => onSearchError?.(wrong), [onSearchError, wrong])
  const reading = inside || open !== undefined
  // Another search is another feed: nothing of the last one is held.
  const asked = `${p.text ?? ''} ${max}`
  const [heldFor, setHeldFor] = useState(asked)
  if (heldFor !== asked) {
    setHeldFor(asked)
    setHeld(undefined)
  } else if (reading && held === undefined && data !== undefined) setHeld(data)
  if (!reading && held !== undefined) setHeld(undefined)
  const shown = held ?? data ?? []
  const newest = shown[0]?.position ?? 0
  const newer = (data ?? []).filter(event => event.position > newest).length
  return (
    <>
      {error === null || error.code.startsWith('search') ? null : (
        <Problem error={error} again={() => void refetch()} />
      )}
      <div className="rk-card rk-events">
        <p className="rk-events-strip" role="status">
          {held !== undefined && newer > 0 ? (
            <>
              {t('newer', { count: newer, n: format.number(newer) })}{' '}
              <Button variant="link" isInline size="sm" onClick={() => setHeld(data)}>
                {t('show')}
              </Button>
            </>
          ) : null}
        </p>
        {data !== undefined && shown.length === 0 ? <p className="rk-sub rk-events-none">{p.none}</p> : null}
        <ul aria-label={p.label} onPointerEnter={() => setInside(true)} onPointerLeave={() => setInside(false)}>
          {shown.map(event => (
            <EventRow
              key={event.id}
              event={event}
              text={sentence(event)}
              open={open === event.id}
              onToggle={() => setOpen(now => (now === event.id ? undefined : event.id))}
            />
          ))}
        </ul>
        {shown.length < max ? null : max < most ? (
          <Button variant="link" onClick={() => setMax(Math.min(most, max + step))}>
            {t('more')}
          </Button>
        ) : (
          <p className="rk-sub rk-events-none">{t('narrower', { n: format.number(most) })}</p>
        )}
      </div>
    </>
  )
}
