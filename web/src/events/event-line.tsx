import { useEffect, useState } from 'react'
import { Time } from '../format/index.ts'
import { useFormat } from '../format/index.ts'
import { StatusIcon, roleOf } from '../status/index.ts'
import { Name } from '../templates/name.tsx'
import { eventText, loadEventTexts, type Worded } from './event-text.ts'

/** The sentence of an event in the language of the page, once its words are there. */
export function useEventText(): (event: Worded) => string {
  const { language } = useFormat()
  const [, setLoaded] = useState('')
  useEffect(() => {
    let here = true
    loadEventTexts(language).then(
      () => here && setLoaded(language),
      () => undefined, // the engine's own sentences stay
    )
    return () => {
      here = false
    }
  }, [language])
  return event => eventText(event, language)
}

/** One event in a short feed: when, how bad, what. */
export function EventLine({ event }: { event: Worded & { at: string; severity: string } }) {
  const text = useEventText()
  return (
    <>
      <span className="rk-sub rk-small rk-event-time">
        <Time at={event.at} />
      </span>
      {event.severity === 'normal' ? null : <StatusIcon role={roleOf('severity', event.severity)} />}
      <span className="rk-grow">
        <Name text={text(event)} most={120} />
      </span>
    </>
  )
}
