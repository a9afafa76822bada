import { unavailable } from '@rookery/model'
import type { Client } from 'undici'
import { brokenContract, errorOfAnswer, errorOfTransport } from './client-errors.ts'
import { WatchLine } from './watch.ts'

/** No line of a watch is longer (bytes): a listing of 10,000 runs is about 4 MB. */
export const maxLineBytes = 16 * 1024 * 1024

const knownTypes: ReadonlySet<string> = new Set(WatchLine.options.map(o => o.shape.type.value))

/**
 * Splits a stream of bytes into the texts of its lines; what stands after the last newline is a line that was cut off,
 * and is dropped.
 *
 * @throws `internal`, code `host.protocol`, when a line is longer than the limit
 */
export async function* readLines(chunks: AsyncIterable<Uint8Array>, limit = maxLineBytes): AsyncGenerator<string> {
  // Pieces are joined only when their newline arrives: joining at each chunk would be quadratic in the line's length.
  let pieces: Uint8Array[] = []
  let held = 0
  for await (const chunk of chunks) {
    let from = 0
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, from)) {
      pieces.push(chunk.subarray(from, at))
      if (held + at - from > limit) throw brokenContract('GET /v1/watch: a line is too long')
      const line = Buffer.concat(pieces).toString('utf8')
      pieces = []
      held = 0
      from = at + 1
      if (line.trim() !== '') yield line
    }
    if (from < chunk.length) {
      pieces.push(chunk.subarray(from))
      held += chunk.length - from
      if (held > limit) throw brokenContract('GET /v1/watch: a line is too long')
    }
  }
}

/**
 * One line as its meaning. A type that this release does not know gives undefined, so that newer hosts may say more;
 * a known type in a wrong shape breaks the contract.
 */
export function parseWatchLine(line: string): WatchLine | undefined {
  let json: unknown
  try {
    json = JSON.parse(line)
  } catch (cause) {
    throw brokenContract('GET /v1/watch', cause)
  }
  const type = typeof json === 'object' && json !== null && 'type' in json ? json.type : undefined
  if (typeof type !== 'string') throw brokenContract('GET /v1/watch: a line without a type')
  if (!knownTypes.has(type)) return undefined
  const parsed = WatchLine.safeParse(json)
  if (!parsed.success) throw brokenContract(`GET /v1/watch: ${type}`, parsed.error)
  return parsed.data
}

/** How a watch is read. */
export interface WatchOptions {
  /** Ends the watch; the iteration is then over without an error. */
  signal?: AbortSignal
  /** So many milliseconds without any line are a silent host. Heartbeats come every 5 seconds at least. */
  silenceMs?: number
}

/**
 * Reads a host's watch on a connection of its own, which is closed at the end. The first line is a `listing`;
 * only heartbeats may stand before it.
 *
 * @throws `unavailable` `host.silent` when no line came in time, `host.unreachable` when the stream broke or was closed
 */
export async function* readWatch(client: Client, path: string, options: WatchOptions): AsyncGenerator<WatchLine> {
  const { signal, silenceMs = 12_000 } = options
  const what = 'GET /v1/watch'
  const silence = new AbortController()
  const expire = () =>
    silence.abort(unavailable('host.silent', `The host has said nothing for ${silenceMs / 1000} seconds.`))
  let timer = setTimeout(expire, silenceMs)
  const stop = signal === undefined ? silence.signal : AbortSignal.any([signal, silence.signal])
  try {
    signal?.throwIfAborted()
    const answer = await client.request({ method: 'GET', path, signal: stop, headersTimeout: 0, bodyTimeout: 0 })
    if (answer.statusCode !== 200) {
      const body = await answer.body.json().catch(() => undefined) // a body that is no JSON is only less of a reason
      throw errorOfAnswer(answer.statusCode, body, what)
    }
    let first = true
    for await (const text of readLines(answer.body)) {
      timer.refresh()
      const line = parseWatchLine(text)
      if (line === undefined) continue
      // A host that still looks at what runs on it may say that it is alive, and nothing else.
      if (first && line.type !== 'listing' && line.type !== 'heartbeat')
        throw brokenContract(`${what}: ${line.type} before the listing`)
      if (line.type === 'listing') first = false
      clearTimeout(timer) // the reader's own time is not the host's silence
      yield line
      timer = setTimeout(expire, silenceMs)
    }
    throw unavailable('host.unreachable', 'The host closed the watch.', { detail: { call: what } })
  } catch (error) {
    if (signal?.aborted) return
    if (silence.signal.aborted) throw silence.signal.reason
    throw errorOfTransport(error, what)
  } finally {
    clearTimeout(timer)
    // Waits for nothing: the stream is given up whatever its state.
    client.destroy().catch(() => undefined)
  }
}
