import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * What outlives the process: keys and values, the last word on a key counts. With a folder each change is a line of a log that
 * is read and rewritten at the start; without one nothing is kept. Keys are paths: `host/3/run/<id>`.
 */
export interface Journal {
  readonly durable: boolean
  put(key: string, value: unknown): void
  delete(key: string): void
  /** What the last process left, by key. Given once: the journal keeps no copy in memory. */
  take(): Map<string, unknown>
}

/** Nothing is kept. */
export const noJournal: Journal = {
  durable: false,
  put() {},
  delete() {},
  take: () => new Map(),
}

/** Keeps the journal in `<dir>/journal.ndjson`. A last line that was cut off by a crash is dropped. */
export function fileJournal(dir: string): Journal {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const file = join(dir, 'journal.ndjson')
  const left = new Map<string, unknown>()
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []
  const tail = lines.pop()
  for (const line of lines) {
    if (line === '') continue
    const [key, ...value] = JSON.parse(line) as [string, unknown?]
    if (value.length === 0) left.delete(key)
    else left.set(key, value[0])
  }
  if (lines.length > left.size || (tail !== undefined && tail !== '')) {
    writeFileSync(`${file}.new`, [...left].map(entry => `${JSON.stringify(entry)}\n`).join(''), { mode: 0o600 })
    renameSync(`${file}.new`, file)
  }
  return {
    durable: true,
    put: (key, value) => appendFileSync(file, `${JSON.stringify([key, value])}\n`, { mode: 0o600 }),
    delete: key => appendFileSync(file, `${JSON.stringify([key])}\n`, { mode: 0o600 }),
    take() {
      const taken = new Map(left)
      left.clear()
      return taken
    },
  }
}
