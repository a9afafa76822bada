import type { Language } from '../i18n/languages.ts'

/** What stands for a number that is not known. Never 0. */
export const missing = '–'

/** A value or nothing. */
export type Maybe<T> = T | null | undefined

const known = (n: Maybe<number>): n is number => typeof n === 'number' && Number.isFinite(n)

const formatters = new Map<string, Intl.NumberFormat>()
function plain(language: Language, decimals: number): Intl.NumberFormat {
  const key = `${language}${decimals}`
  const found = formatters.get(key) ?? new Intl.NumberFormat(language, { maximumFractionDigits: decimals })
  formatters.set(key, found)
  return found
}

/** A count, grouped: `8,412`. */
export const number = (n: Maybe<number>, language: Language): string =>
  known(n) ? plain(language, 0).format(n) : missing

/** About three significant digits, without zeros at the end: `1.95`, `12.3`, `940`, `1,023`. */
export const short = (n: Maybe<number>, language: Language): string =>
  known(n) ? plain(language, Math.abs(n) < 9.995 ? 2 : Math.abs(n) < 99.95 ? 1 : 0).format(n) : missing

/** A value in the largest unit in which it is at least one. */
function scaled(n: number, base: number, units: readonly string[]): { value: number; unit: number } {
  let value = n
  let unit = 0
  // What would be shown as 1,024 KiB is 1 MiB.
  while (Math.round(Math.abs(value)) >= base && unit < units.length - 1) {
    value /= base
    unit++
  }
  return { value, unit }
}

const byteUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']
const bitUnits = ['b/s', 'kb/s', 'Mb/s', 'Gb/s', 'Tb/s']

function with1024(n: Maybe<number>, language: Language, ending: string): string {
  if (!known(n)) return missing
  const { value, unit } = scaled(n, 1024, byteUnits)
  return `${unit === 0 ? number(value, language) : short(value, language)} ${byteUnits[unit]}${ending}`
}

/** Memory, disks, files: `4 GiB`. */
export const bytes = (n: Maybe<number>, language: Language): string => with1024(n, language, '')

/** Every byte, where it matters: `4,294,967,296`. */
export const exactBytes = number

/** Disk and transfer rates: `12.5 MiB/s`. */
export const byteRate = (n: Maybe<number>, language: Language): string => with1024(n, language, '/s')

/** Network rates and link speeds are decimal bits: `940 Mb/s`. Takes bits per second. */
export function bitRate(n: Maybe<number>, language: Language): string {
  if (!known(n)) return missing
  const { value, unit } = scaled(n, 1000, bitUnits)
  return `${unit === 0 ? number(value, language) : short(value, language)} ${bitUnits[unit]}`
}

/** A part of a whole, in the unit of the whole: `1.9 of 4 GiB`, `1.9 / 4 GiB`. */
export function bytesOf(part: Maybe<number>, whole: Maybe<number>, language: Language): string {
  if (!known(whole)) return bytes(part, language)
  const { unit } = scaled(whole, 1024, byteUnits)
  const used = known(part) ? short(part / 1024 ** unit, language) : missing
  const all = bytes(whole, language)
  return language === 'ko' ? `${used} / ${all}` : `${used} of ${all}`
}

/** A fraction of one as whole percent. What is there is never `0%`, and what is not full never `100%`. */
export function percent(fraction: Maybe<number>): string {
  if (!known(fraction)) return missing
  if (fraction <= 0) return '0%'
  if (fraction < 0.01) return '<1%'
  const whole = Math.round(fraction * 100)
  return whole >= 100 && fraction < 1 ? '99%' : `${whole}%`
}
