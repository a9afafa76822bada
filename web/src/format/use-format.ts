import { useMemo, useSyncExternalStore } from 'react'
import { useTranslation } from 'react-i18next'
import { isLanguage } from '../i18n/languages.ts'
import * as numbers from './numbers.ts'
import * as time from './time.ts'

const browserZone = new Intl.DateTimeFormat().resolvedOptions().timeZone
let zone: string | undefined
const listeners = new Set<() => void>()
const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

/** In which zone times are shown everywhere: an IANA name, `UTC`, or undefined for the browser's. */
export function setZone(next: string | undefined): void {
  zone = next
  for (const listener of listeners) listener()
}

/** Things that are counted with a word of their own (`3 VMs`, `VM 3대`). */
export type Counted =
  | 'vm'
  | 'host'
  | 'disk'
  | 'image'
  | 'snapshot'
  | 'network'
  | 'domain'
  | 'event'
  | 'task'
  | 'user'
  | 'session'
  | 'file'
  | 'row'
  | 'cluster'
  | 'group'
  | 'label'
  | 'policy'

/** Numbers, sizes and times in the language of the page. What is null or undefined becomes `–`. */
export function useFormat() {
  const { t, i18n } = useTranslation('format')
  const language = isLanguage(i18n.language) ? i18n.language : 'en'
  const shownZone = useSyncExternalStore(subscribe, () => zone)
  return useMemo(
    () => ({
      language,
      /** The zone of the times on the page, for headers and tooltips. */
      zone: shownZone ?? browserZone,
      number: (n: numbers.Maybe<number>) => numbers.number(n, language),
      short: (n: numbers.Maybe<number>) => numbers.short(n, language),
      bytes: (n: numbers.Maybe<number>) => numbers.bytes(n, language),
      bytesOf: (part: numbers.Maybe<number>, whole: numbers.Maybe<number>) => numbers.bytesOf(part, whole, language),
      byteRate: (n: numbers.Maybe<number>) => numbers.byteRate(n, language),
      /** Takes bits per second. */
      bitRate: (n: numbers.Maybe<number>) => numbers.bitRate(n, language),
      percent: numbers.percent,
      /** Takes milliseconds. */
      duration: (ms: numbers.Maybe<number>) => time.duration(ms, language),
      /** Takes milliseconds. */
      age: (ms: numbers.Maybe<number>) => time.age(ms, language),
      absolute: (at: numbers.Maybe<time.Moment>) => time.absolute(at, shownZone),
      timeOfDay: (at: numbers.Maybe<time.Moment>, seconds = true) => time.timeOfDay(at, shownZone, seconds),
      relative: (at: numbers.Maybe<time.Moment>, now: number) => time.relative(at, now, language, shownZone),
      /** `3 VMs`, `VM 3대`. */
      count: (what: Counted, n: number) => t(`count.${what}`, { count: n, n: numbers.number(n, language) }),
    }),
    [language, shownZone, t],
  )
}
export type Format = ReturnType<typeof useFormat>
