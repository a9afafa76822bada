import type { Language } from '../i18n/languages.ts'
import { type Maybe, missing } from './numbers.ts'

/** A moment: ISO text, epoch milliseconds, or a Date. */
export type Moment = string | number | Date

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

/** Epoch milliseconds of a moment; NaN for what is none. */
export const epoch = (at: Moment): number => (typeof at === 'number' ? at : new Date(at).getTime())

const clocks = new Map<string, Intl.DateTimeFormat>()
function clock(zone: string | undefined): Intl.DateTimeFormat {
  const found =
    clocks.get(zone ?? '') ??
    new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    })
  clocks.set(zone ?? '', found)
  return found
}

/** `2026-11-20 15:04:05`, in both languages as in logs. `zone` is an IANA name; absent: the browser's. */
export function absolute(at: Maybe<Moment>, zone?: string): string {
  if (at === null || at === undefined) return missing
  const time = epoch(at)
  if (!Number.isFinite(time)) return missing
  const p = Object.fromEntries(
    clock(zone)
      .formatToParts(time)
      .map(({ type, value }) => [type, value]),
  )
  return `${p['year']}-${p['month']}-${p['day']} ${p['hour']}:${p['minute']}:${p['second']}`
}

/** The time of day: `15:04:05`, or `15:04` without seconds. */
export const timeOfDay = (at: Maybe<Moment>, zone?: string, seconds = true): string => {
  const whole = absolute(at, zone)
  return whole === missing ? missing : whole.slice(11, seconds ? 19 : 16)
}

const units = {
  en: { day: ' d', hour: ' h', minute: ' m', second: ' s' },
  ko: { day: '일', hour: '시간', minute: '분', second: '초' },
} as const satisfies Record<Language, object>

/** How long something takes, in two units at most: `0.4 s`, `12 s`, `3 m 05 s`, `1 h 04 m`, `3 d 2 h`; `1시간 4분`. */
export function duration(ms: Maybe<number>, language: Language): string {
  if (typeof ms !== 'number' || !Number.isFinite(ms)) return missing
  const u = units[language]
  const lower = (n: number) => (language === 'en' ? String(n).padStart(2, '0') : String(n))
  const two = (high: number, highUnit: string, low: number, lowUnit: string, pad = true) =>
    low === 0 ? `${high}${highUnit}` : `${high}${highUnit} ${pad ? lower(low) : low}${lowUnit}`
  const t = Math.max(0, ms)
  if (t < 9.95 * second) return `${(Math.round(t / 100) / 10).toString()}${u.second}`
  const s = Math.round(t / second)
  if (s < 60) return `${s}${u.second}`
  if (s < 3600) return two(Math.floor(s / 60), u.minute, s % 60, u.second)
  const m = Math.floor(s / 60)
  if (m < 24 * 60) return two(Math.floor(m / 60), u.hour, m % 60, u.minute)
  const h = Math.floor(m / 60)
  return h < 10 * 24 ? two(Math.floor(h / 24), u.day, h % 24, u.hour, false) : `${Math.floor(h / 24)}${u.day}`
}

/** For how long something has been so, coarse, as a column shows it: `<1 min`, `3 min`, `5 h`, `3 d`. */
export function age(ms: Maybe<number>, language: Language): string {
  if (typeof ms !== 'number' || !Number.isFinite(ms)) return missing
  const ko = language === 'ko'
  if (ms < minute) return ko ? '1분 미만' : '<1 min'
  if (ms < hour) return `${Math.floor(ms / minute)}${ko ? '분' : ' min'}`
  if (ms < day) return `${Math.floor(ms / hour)}${ko ? '시간' : ' h'}`
  return `${Math.floor(ms / day)}${ko ? '일' : ' d'}`
}

/** How long ago, up to a day; then the moment itself: `3 min ago`, `3분 전`, `just now`. For overviews, never for events and tasks. */
export function relative(at: Maybe<Moment>, now: number, language: Language, zone?: string): string {
  if (at === null || at === undefined) return missing
  const gone = now - epoch(at)
  if (!Number.isFinite(gone)) return missing
  if (Math.abs(gone) >= day) return absolute(at, zone)
  if (Math.abs(gone) < minute) return language === 'ko' ? '방금' : 'just now'
  const text = age(Math.abs(gone), language)
  if (language === 'ko') return gone > 0 ? `${text} 전` : `${text} 후`
  return gone > 0 ? `${text} ago` : `in ${text}`
}
