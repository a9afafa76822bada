import { createHash } from 'node:crypto'

/** A UUID (version 5 form) derived from a text: the same in every answer, for things that have a name and no row. */
export function stableId(text: string): string {
  const hex = createHash('sha256').update(`rookery ${text}`).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
