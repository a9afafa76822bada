import { createInterface } from 'node:readline'
import { Agent, request } from 'undici'
import { type Api, authorized } from './target.ts'

/** What the stream of changes says of one thing. */
export interface Change {
  kind: string
  id: string
  gone?: true
  /** When the message was here, on this process's clock (`performance.now()`). */
  at: number
}

/** The engine's stream of changes, as the console in a browser has it. */
export interface Changes {
  /** Calls back for each change until the function that it returns is called. */
  on(hear: (change: Change) => void): () => void
  /** Looks at first and then after each change of the thing, until it holds. Nothing is asked in between. */
  until<T>(id: string, what: string, look: () => Promise<T | undefined | false>): Promise<T>
  close(): Promise<void>
}

/** Opens the stream; it listens when this resolves. */
export async function openChanges(api: Api): Promise<Changes> {
  const agent = new Agent({ connect: { ca: api.target.ca } })
  const answer = await request(`${api.target.origin}/api/events`, {
    dispatcher: agent,
    headers: { ...authorized(api.token), accept: 'text/event-stream' },
    bodyTimeout: 0,
  })
  if (answer.statusCode !== 200) throw new Error(`The stream of changes answered ${answer.statusCode}.`)
  const ears = new Set<(change: Change) => void>()
  const ready = Promise.withResolvers<void>()
  // The end of the stream is no error of its own: whoever waits for something on it says so.
  const lines = createInterface(answer.body).on('error', ready.reject)
  let event = ''
  lines.on('line', line => {
    if (line.startsWith('event: ')) event = line.slice(7)
    if (event === 'hello') ready.resolve()
    if (event !== 'change' || !line.startsWith('data: ')) return
    const { changes } = JSON.parse(line.slice(6)) as { changes: Omit<Change, 'at'>[] }
    const at = performance.now()
    for (const change of changes) for (const hear of ears) hear({ ...change, at })
  })
  await ready.promise
  const on = (hear: (change: Change) => void) => {
    ears.add(hear)
    return () => void ears.delete(hear)
  }
  return {
    on,
    async until(id, what, look) {
      let wake = Promise.withResolvers<void>()
      const deaf = on(change => {
        if (change.id === id) wake.resolve()
      })
      const late = AbortSignal.timeout(180_000)
      late.addEventListener('abort', () => wake.reject(new Error(`Waited three minutes in vain for ${what}.`)))
      try {
        for (;;) {
          const found = await look()
          if (found !== undefined && found !== false) return found
          await wake.promise
          wake = Promise.withResolvers<void>()
        }
      } finally {
        deaf()
        wake.resolve()
      }
    },
    close: () => agent.destroy(),
  }
}
