import assert from 'node:assert/strict'
import type { Answer, Call, Https } from '../net/https.ts'

/** One stretch of an image as the server describes it. */
export interface Extent {
  readonly start: number
  readonly length: number
  readonly zero: boolean
  readonly hole?: boolean
}

/** What the data protocol says of itself. */
export interface Options {
  readonly features: readonly string[]
  readonly maxReaders: number | undefined
  readonly maxWriters: number | undefined
  readonly unixSocket: string | undefined
}

/** Calls of the data protocol in the exact form of ovirt_imageio's client (fact sheet section 4). */
export class ImageCalls {
  readonly #http: Https
  readonly url: string

  constructor(http: Https, url: string) {
    this.#http = http
    this.url = url
  }

  /** Any call; `tail` follows the ticket. */
  call(call: Call, tail = ''): Promise<Answer> {
    return this.#http.call(`${this.url}${tail}`, call)
  }

  async options(): Promise<Options> {
    const answer = await this.call({ method: 'OPTIONS' })
    assert.equal(answer.status, 200, answer.text)
    return optionsOf(answer)
  }

  /** `PUT ?flush=n` of one stretch. The client always says where with an open end. */
  put(offset: number, bytes: Uint8Array): Promise<Answer> {
    return this.call(
      {
        method: 'PUT',
        body: bytes,
        headers: {
          'content-length': String(bytes.length),
          'content-range': `bytes ${offset}-${offset + bytes.length - 1}/*`,
          'content-type': 'application/octet-stream',
        },
      },
      '?flush=n',
    )
  }

  /** PATCH with a JSON order. */
  patch(order: Record<string, unknown>): Promise<Answer> {
    return this.call({ method: 'PATCH', body: JSON.stringify(order), headers: { 'content-type': 'application/json' } })
  }

  zero(offset: number, size: number, flush = false): Promise<Answer> {
    return this.patch({ op: 'zero', offset, size, flush })
  }

  flush(): Promise<Answer> {
    return this.patch({ op: 'flush' })
  }

  /** GET of one stretch. */
  get(offset: number, length: number): Promise<Answer> {
    return this.call({ headers: { range: `bytes=${offset}-${offset + length - 1}` } })
  }

  async extents(): Promise<Extent[]> {
    const answer = await this.call({}, '/extents?context=zero')
    assert.equal(answer.status, 200, answer.text)
    const list: unknown = JSON.parse(answer.text)
    assert.ok(Array.isArray(list), answer.text)
    return list.map((each: Record<string, unknown>) => ({
      start: Number(each['start']),
      length: Number(each['length']),
      zero: each['zero'] === true,
      hole: each['hole'] === true,
    }))
  }
}

/** The JSON of an OPTIONS answer. */
export function optionsOf(answer: Answer): Options {
  const said: unknown = JSON.parse(answer.text)
  assert.ok(typeof said === 'object' && said !== null, answer.text)
  const member = (key: string): unknown => Reflect.get(said, key)
  const features = member('features')
  assert.ok(Array.isArray(features), answer.text)
  const number = (key: string) => (typeof member(key) === 'number' ? Number(member(key)) : undefined)
  const socket = member('unix_socket')
  return {
    features: features.map(String),
    maxReaders: number('max_readers'),
    maxWriters: number('max_writers'),
    unixSocket: typeof socket === 'string' ? socket : undefined,
  }
}
