import { open, readdir, readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { Fault } from '../fault.ts'
import { dataDirOf, paths } from '../instance/paths.ts'
import { readable } from '../log-line.ts'
import type { Output } from '../output.ts'

/** A line of a log, with the time it carries. */
export interface Line {
  /** Milliseconds since 1970; the time of the line before when this one carries none. */
  readonly at: number
  readonly from: string
  readonly text: string
}

interface LogsOptions {
  dataDir?: string
  follow?: boolean
  lines?: string
  json?: boolean
}

/** How often followed files are looked at, milliseconds. */
const LOOK = 250

/** `rookery logs [-f] [component…]`: the logs of all parts in the order of time. */
export async function logsCommand(components: readonly string[], o: LogsOptions, out: Output): Promise<void> {
  const p = paths(dataDirOf(o.dataDir))
  const wanted = Number(o.lines ?? 200)
  if (!Number.isInteger(wanted) || wanted < 0)
    throw new Fault('usage', `--lines ${o.lines}: this must be a whole number.`, 'For example: --lines 50')
  const files = await logFiles(p.log)
  const known = [...new Set(files.map(f => f.name))]
  for (const c of components)
    if (!known.includes(c))
      throw new Fault(
        'usage',
        `There is no log of "${c}".`,
        `Known: ${known.join(', ') || 'none yet; start with "rookery up"'}`,
      )
  if (known.length === 0) throw new Fault('notRunning', `There are no logs in ${p.log}.`, 'Start with: ./rookery up')
  const shown = files.filter(f => components.length === 0 || components.includes(f.name))
  const lines = merge(await Promise.all(shown.filter(f => f.current).map(f => tail(f.path, f.name, wanted)))).slice(
    -wanted || undefined,
  )
  const width = Math.max(...shown.map(f => f.name.length))
  const put = (line: Line) =>
    process.stdout.write(
      out.json
        ? `${JSON.stringify({ at: new Date(line.at).toISOString(), from: line.from, text: line.text })}\n`
        : `${line.from.padEnd(width)} | ${readable(line.text)}\n`,
    )
  if (wanted > 0) for (const line of lines) put(line)
  if (o.follow)
    await follow(
      shown.filter(f => f.current),
      put,
    )
}

/** A log file and whose it is. */
export interface LogFileInfo {
  readonly name: string
  readonly path: string
  /** Not one of the older files (`engine.log.1`). */
  readonly current: boolean
}

/** The log files in a folder. */
export async function logFiles(folder: string): Promise<LogFileInfo[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [] as string[]
    throw error
  })
  return names
    .filter(n => /\.log(\.\d+)?$/.test(n))
    .sort()
    .map(n => ({ name: basename(n).split('.')[0] ?? n, path: join(folder, n), current: n.endsWith('.log') }))
}

/** The time a line carries: pino's `"time":…` in milliseconds or as a date, or an ISO-like beginning, as PostgreSQL's and libvirt's. */
export function timeOf(text: string): number | undefined {
  const pino = /"time":(?:(\d{12,14})\b|"([^"]+)")/.exec(text)
  if (pino?.[1]) return Number(pino[1])
  if (pino?.[2] && !Number.isNaN(Date.parse(pino[2]))) return Date.parse(pino[2])
  const iso = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d(?:\.\d+)?)(?: ?(?:\+0000|UTC|Z))?/.exec(text)
  if (!iso) return undefined
  const at = Date.parse(`${iso[1]}T${iso[2]}Z`)
  return Number.isNaN(at) ? undefined : at
}

/** Splits the text of one log; a line without a time belongs to the one before it. */
export function linesOf(text: string, from: string, before = 0): Line[] {
  let at = before
  return text
    .split('\n')
    .filter(line => line !== '')
    .map(line => {
      at = timeOf(line) ?? at
      return { at, from, text: line }
    })
}

/** Several logs as one; lines of one log stay in their order. */
export function merge(logs: readonly (readonly Line[])[]): Line[] {
  return logs
    .flat()
    .map((line, i) => ({ line, i }))
    .sort((a, b) => a.line.at - b.line.at || a.i - b.i)
    .map(x => x.line)
}

/** The last lines of a file, read from its end: logs may be large. */
async function tail(path: string, from: string, lines: number): Promise<Line[]> {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    const length = Math.min(size, Math.max(64 * 1024, lines * 400))
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length)
    const text = buffer.toString('utf8')
    return linesOf(length < size ? text.slice(text.indexOf('\n') + 1) : text, from).slice(-lines || undefined)
  } finally {
    await file.close()
  }
}

/** Shows what is added, until interrupted or `over`. A file that shrank was turned over and is read from its beginning. */
export async function follow(
  files: readonly LogFileInfo[],
  put: (line: Line) => void,
  over: () => boolean = () => false,
): Promise<void> {
  const state = new Map<string, { size: number; inode: number; rest: string; at: number }>()
  for (const f of files) {
    const s = await stat(f.path).catch(() => undefined) // not written yet
    state.set(f.path, { size: s?.size ?? 0, inode: s?.ino ?? 0, rest: '', at: Date.now() })
  }
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
  process.stdout.on('error', () => stop.abort()) // the pager was closed
  while (!stop.signal.aborted && !over()) {
    const fresh: Line[][] = []
    for (const f of files) {
      const was = state.get(f.path)
      const s = await stat(f.path).catch(() => undefined) // being turned over
      if (!was || !s) continue
      if (s.ino !== was.inode || s.size < was.size) Object.assign(was, { size: 0, inode: s.ino, rest: '' })
      if (s.size === was.size) continue
      const text = was.rest + (await readFile(f.path)).subarray(was.size, s.size).toString('utf8')
      const end = text.lastIndexOf('\n') + 1
      const lines = linesOf(text.slice(0, end), f.name, was.at)
      Object.assign(was, { size: s.size, rest: text.slice(end), at: lines.at(-1)?.at ?? was.at })
      fresh.push(lines)
    }
    for (const line of merge(fresh)) put(line)
    await new Promise(resolve => setTimeout(resolve, LOOK))
  }
}
