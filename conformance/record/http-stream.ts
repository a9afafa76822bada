/** One request or answer of HTTP/1.1, as it was on the wire; the body without transfer coding. */
export interface Message {
  /** Request line or status line. */
  readonly start: string
  /** Names in lower case, in the order they came. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Buffer
}

/** The first value of a header. */
export const header = (message: Message, name: string): string | undefined =>
  message.headers.find(([each]) => each === name)?.[1]

const isRequest = /^[A-Z]+ \S+ HTTP\/1\.[01]$/

/**
 * The messages in the bytes of one direction of a connection. Some clients announce a body with GET and never send it (libgovirt
 * after a challenge): where the next request begins in place of the announced bytes, the body is taken as empty.
 */
export function messages(bytes: Buffer): Message[] {
  const found: Message[] = []
  let at = 0
  while (at < bytes.length) {
    const end = bytes.indexOf('\r\n\r\n', at, 'latin1')
    if (end < 0) break
    const [start = '', ...lines] = bytes.toString('latin1', at, end).split('\r\n')
    const headers = lines.map(line => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()] as const
    })
    const body = bodyAt(bytes, end + 4, start, new Map(headers))
    found.push({ start, headers, body: body.bytes })
    at = body.end
  }
  return found
}

function bodyAt(
  bytes: Buffer,
  from: number,
  start: string,
  headers: ReadonlyMap<string, string>,
): { bytes: Buffer; end: number } {
  const nothing = { bytes: Buffer.alloc(0), end: from }
  if (/^HTTP\/1\.[01] (?:1\d\d|204|304)/.test(start)) return nothing
  if (headers.get('transfer-encoding')?.toLowerCase().includes('chunked')) return chunked(bytes, from)
  const length = Number(headers.get('content-length') ?? 0)
  if (length === 0) return nothing
  if (isRequest.test(start) && startsRequest(bytes, from)) return nothing
  return { bytes: bytes.subarray(from, from + length), end: from + length }
}

const startsRequest = (bytes: Buffer, at: number): boolean =>
  /^[A-Z]+ \/\S* HTTP\/1\.[01]\r\n/.test(bytes.toString('latin1', at, at + 4096))

function chunked(bytes: Buffer, from: number): { bytes: Buffer; end: number } {
  const parts: Buffer[] = []
  let at = from
  for (;;) {
    const line = bytes.indexOf('\r\n', at, 'latin1')
    if (line < 0) return { bytes: Buffer.concat(parts), end: bytes.length }
    const size = Number.parseInt(bytes.toString('latin1', at, line), 16)
    if (size === 0 || Number.isNaN(size)) {
      const end = bytes.indexOf('\r\n\r\n', line, 'latin1')
      return { bytes: Buffer.concat(parts), end: end < 0 ? bytes.length : end + 4 }
    }
    parts.push(bytes.subarray(line + 2, line + 2 + size))
    at = line + 2 + size + 2
  }
}
