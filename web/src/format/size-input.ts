/** What somebody typed as a size, understood or not. `bytes` is whole. */
export type SizeInput = { ok: true; bytes: number } | { ok: false; why: 'empty' | 'not_a_size' | 'too_large' }

const powers: Readonly<Record<string, number>> = { '': -1, B: 0, K: 1, M: 2, G: 3, T: 4, P: 5 }

/**
 * Reads a size as people write it: `4`, `4G`, `4GB`, `4 GiB`, `4096M`, `1.5 t`. Every unit is binary; a bare number is in `unit`.
 * Full-width digits and letters of an input method count as plain ones.
 */
export function parseSize(text: string, unit: 'B' | 'K' | 'M' | 'G' | 'T' = 'G'): SizeInput {
  const plain = text.normalize('NFKC').trim()
  if (plain === '') return { ok: false, why: 'empty' }
  const match = /^(\d{1,16}(?:\.\d{1,9})?|\.\d{1,9})\s*(?:([KMGTP]?)(?:i?B)?|bytes?)$/i.exec(plain)
  if (match === null) return { ok: false, why: 'not_a_size' }
  const [, amount = '', letter] = match
  const bare = /[\d.]$/.test(plain)
  const power = powers[bare ? unit : (letter ?? '') === '' ? 'B' : (letter ?? '').toUpperCase()] ?? 0
  const bytes = Math.round(Number(amount) * 1024 ** power)
  return Number.isSafeInteger(bytes) ? { ok: true, bytes } : { ok: false, why: 'too_large' }
}

/** A size as a field shows it first: the largest unit that needs no fraction: `4 GiB`, `1536 MiB`. */
export function sizeText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let value = bytes
  let unit = 0
  while (value !== 0 && value % 1024 === 0 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return `${value} ${units[unit]}`
}
