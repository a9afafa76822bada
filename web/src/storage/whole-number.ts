/** A whole number between two bounds as somebody typed it; full-width digits count as plain ones. Undefined: it is none. */
export function wholeNumber(text: string, least: number, most: number): number | undefined {
  const plain = text.normalize('NFKC').trim()
  if (!/^\d{1,12}$/.test(plain)) return undefined
  const value = Number(plain)
  return value >= least && value <= most ? value : undefined
}
