/** A request address of the API, taken apart: path segments after the base, and every parameter by name. */
export interface Address {
  segments: string[]
  parameters: Map<string, string>
  /** The path names the version (`/v4`); it wins over the header. */
  versioned: boolean
}

/** Where the API lives; hrefs begin with it. */
export const apiBase = '/ovirt-engine/api'

const decodePart = (text: string): string => {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    // A stray per cent sign is the client's own text.
    return text
  }
}

/**
 * Takes a raw URL apart. Parameters come from the query string first, then from the matrix parameters of the last path segment
 * (`/vms;max=10`), as the original reads them (fact sheet 1.5). `/v4` after the base is the same tree.
 * Undefined when the URL is outside the API.
 */
export function parseAddress(url: string): Address | undefined {
  const mark = url.indexOf('?')
  const path = mark < 0 ? url : url.slice(0, mark)
  if (path !== apiBase && !path.startsWith(`${apiBase}/`) && !path.startsWith(`${apiBase};`)) return undefined
  const parameters = new Map<string, string>()
  const add = (pair: string) => {
    if (pair === '') return
    const at = pair.indexOf('=')
    const name = decodePart(at < 0 ? pair : pair.slice(0, at))
    if (!parameters.has(name)) parameters.set(name, at < 0 ? '' : decodePart(pair.slice(at + 1)))
  }
  if (mark >= 0) for (const pair of url.slice(mark + 1).split('&')) add(pair)
  const raw = path
    .slice(apiBase.length)
    .split('/')
    .filter(segment => segment !== '')
  const last = raw.at(-1)
  if (last?.includes(';')) {
    const [segment = '', ...matrix] = last.split(';')
    raw[raw.length - 1] = segment
    for (const pair of matrix) add(pair)
  }
  const segments = raw.map(segment => decodePart(segment.split(';')[0] ?? '')).filter(segment => segment !== '')
  const versioned = segments[0] === 'v4'
  return { segments: versioned ? segments.slice(1) : segments, parameters, versioned }
}

const trueWords = new Set(['true', 't', 'yes', 'y', '1', ''])
const falseWords = new Set(['false', 'f', 'no', 'n', '0'])

/** A boolean parameter: an empty value counts as true, nonsense as absent (fact sheet 1.5). */
export function booleanParameter(address: Address, name: string): boolean | undefined {
  const text = address.parameters.get(name)?.toLowerCase()
  if (text === undefined) return undefined
  if (trueWords.has(text)) return true
  return falseWords.has(text) ? false : undefined
}

/** An integer parameter; nonsense counts as absent. */
export function integerParameter(address: Address, name: string): number | undefined {
  const text = address.parameters.get(name)
  return text !== undefined && /^-?\d{1,15}$/.test(text) ? Number(text) : undefined
}
