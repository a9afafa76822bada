import { useTranslation } from 'react-i18next'
import { type Maybe, missing } from './numbers.ts'
import { useMinute } from './ticker.ts'
import { epoch, type Moment } from './time.ts'
import { useFormat } from './use-format.ts'

/** Stands for a value that is not known, with the reason in words. */
export function Missing({ why }: { why?: string | undefined }) {
  const { t } = useTranslation('format')
  const text = why ?? t('unknown')
  return (
    <span title={text}>
      <span aria-hidden="true">{missing}</span>
      <span className="pf-v6-screen-reader">{text}</span>
    </span>
  )
}

/** A moment as events, tasks and facts show it: `2026-11-20 15:04:05`, the zone in the tooltip. */
export function Time({ at, why }: { at: Maybe<Moment>; why?: string }) {
  const { absolute, zone } = useFormat()
  if (at === null || at === undefined) return <Missing why={why} />
  return (
    <time dateTime={new Date(epoch(at)).toISOString()} title={zone}>
      {absolute(at)}
    </time>
  )
}

/** A moment as overviews show it: `3 min ago`, the moment in the tooltip. */
export function Ago({ at, why }: { at: Maybe<Moment>; why?: string }) {
  const { absolute, relative, zone } = useFormat()
  const now = useMinute()
  if (at === null || at === undefined) return <Missing why={why} />
  return (
    <time dateTime={new Date(epoch(at)).toISOString()} title={`${absolute(at)} ${zone}`}>
      {relative(at, now)}
    </time>
  )
}

/** How long since: `3 d`, the moment in the tooltip. */
export function Since({ at, why }: { at: Maybe<Moment>; why?: string }) {
  const { absolute, age, zone } = useFormat()
  const now = useMinute()
  if (at === null || at === undefined) return <Missing why={why} />
  return (
    <time dateTime={new Date(epoch(at)).toISOString()} title={`${absolute(at)} ${zone}`}>
      {age(now - epoch(at))}
    </time>
  )
}
