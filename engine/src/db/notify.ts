import { EventEmitter } from 'node:events'
import pg from 'pg'
import { channel, type DatabaseConfig } from './db.ts'

/**
 * Hears the notifications of all engines on one connection of its own. A notification only says "look again": after a
 * lost connection `*` is told, and every listener has a slow poll behind it.
 */
export interface Notifications {
  /** Calls back for the topic, for topics below it (`job` hears `job:<id>`), and after a gap. Returns the way to stop. */
  on(topic: string, hear: (rest: string) => void): () => void
  close(): Promise<void>
}

/** Starts to listen, and connects again with back-off for as long as it is not closed. */
export function listen(config: DatabaseConfig, o: { onGap?: (error: unknown) => void } = {}): Notifications {
  const heard = new EventEmitter().setMaxListeners(0)
  let client: pg.Client | undefined
  let timer: NodeJS.Timeout | undefined
  let closed = false
  let delay = 100

  const connect = async () => {
    if (closed) return
    const fresh = new pg.Client({
      ...('url' in config ? { connectionString: config.url } : config),
      application_name: 'rookery-listen',
      keepAlive: true,
    })
    client = fresh
    let over = false
    const again = (reason?: unknown) => {
      if (over) return
      over = true
      fresh.end().catch(() => undefined) // it is broken already
      if (closed) return
      o.onGap?.(reason)
      timer = setTimeout(() => void connect(), delay)
      delay = Math.min(delay * 2, 5000)
    }
    fresh.on('error', again)
    fresh.on('end', () => again())
    fresh.on('notification', message => tell(message.payload ?? ''))
    try {
      await fresh.connect()
      await fresh.query(`listen ${channel}`)
      delay = 100
      heard.emit('*') // what was said before is unknown
    } catch (error) {
      again(error)
    }
  }

  const tell = (payload: string) => {
    for (const topic of topicsOf(payload)) {
      if (topic === '*') heard.emit('*')
      const colon = topic.indexOf(':')
      heard.emit(colon === -1 ? topic : topic.slice(0, colon), colon === -1 ? '' : topic.slice(colon + 1))
    }
  }

  const ready = connect()
  return {
    on(topic, hear) {
      const all = () => hear('*')
      heard.on(topic, hear)
      heard.on('*', all)
      return () => {
        heard.off(topic, hear)
        heard.off('*', all)
      }
    },
    async close() {
      closed = true
      clearTimeout(timer)
      await ready.catch(() => undefined) // connect never throws; this only waits for it
      await client?.end().catch(() => undefined) // it may be broken already
    },
  }
}

function topicsOf(payload: string): string[] {
  try {
    const topics: unknown = JSON.parse(payload)
    return Array.isArray(topics) ? topics.filter(topic => typeof topic === 'string') : ['*']
  } catch {
    return ['*'] // somebody else wrote on our channel: looking again is always allowed
  }
}
