import type { Format } from '../wire/decode.ts'
import type { Address } from './address.ts'

/** The language of the answer: `?accept=`, then the Accept header; XML unless JSON is asked for first (fact sheet rule 1). */
export function answerFormat(address: Address | undefined, accept: string | undefined): Format {
  const wanted = (address?.parameters.get('accept') ?? accept ?? '').toLowerCase()
  const json = wanted.indexOf('json')
  const xml = wanted.indexOf('xml')
  if (json < 0) return 'xml'
  return xml >= 0 && xml < json ? 'xml' : 'json'
}

/** The language of a body; without a usable Content-Type its first character decides. */
export function bodyFormat(contentType: string | undefined, body: string): Format {
  const type = (contentType ?? '').toLowerCase()
  if (type.includes('json')) return 'json'
  if (type.includes('xml')) return 'xml'
  return body.trimStart().startsWith('{') ? 'json' : 'xml'
}

/** The Content-Type of an answer. */
export const contentType = (format: Format): string =>
  format === 'xml' ? 'application/xml;charset=utf-8' : 'application/json;charset=utf-8'
