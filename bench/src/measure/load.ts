import { Pool } from 'undici'

/** One request that is repeated. */
export interface Asked {
  origin: string
  path: string
  method?: 'GET' | 'POST'
  headers?: Record<string, string>
  body?: string
  /** The CA that the server's certificate is checked against, PEM. */
  ca: string
}

/** What a run under load showed. */
export interface LoadResult {
  /** Answers per second. */
  rate: number
  /** Of each answer, milliseconds. */
  latencies: number[]
  /** Of the last answer: bytes of its body. */
  bytes: number
}

/**
 * Asks the same thing over so many connections for a while, each of them again as soon as it was answered. An answer other than
 * 200 ends the run with an error: a fast refusal must not look like speed.
 */
export async function load(asked: Asked, o: { connections: number; ms: number }): Promise<LoadResult> {
  const pool = new Pool(asked.origin, {
    connections: o.connections,
    pipelining: 1,
    connect: { ca: asked.ca },
    headersTimeout: 60_000,
  })
  try {
    await Promise.all(Array.from({ length: o.connections }, () => once(pool, asked))) // handshakes are not counted
    const latencies: number[] = []
    let bytes = 0
    const began = performance.now()
    const lane = async () => {
      for (let at = performance.now(); at - began < o.ms; ) {
        bytes = await once(pool, asked)
        const now = performance.now()
        latencies.push(now - at)
        at = now
      }
    }
    await Promise.all(Array.from({ length: o.connections }, lane))
    return { rate: latencies.length / ((performance.now() - began) / 1000), latencies, bytes }
  } finally {
    await pool.close()
  }
}

/** One request, its body counted and thrown away. Below `request`: on two cores the asker must not cost more than the answer. */
function once(pool: Pool, asked: Asked): Promise<number> {
  return new Promise((resolve, reject) => {
    let [status, bytes, text] = [0, 0, '']
    pool.dispatch(
      {
        path: asked.path,
        method: asked.method ?? 'GET',
        headers: asked.headers ?? {},
        body: asked.body ?? null,
      },
      {
        onRequestStart() {},
        onResponseStart(_controller, code) {
          status = code
        },
        onResponseData(_controller, chunk) {
          bytes += chunk.length
          if (status !== 200) text += chunk.toString('utf8', 0, 300)
        },
        onResponseEnd() {
          if (status === 200) resolve(bytes)
          else reject(new Error(`${asked.path} answered ${status}: ${text.slice(0, 300)}`))
        },
        onResponseError(_controller, error) {
          reject(error)
        },
      },
    )
  })
}
