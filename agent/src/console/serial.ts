import { readFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Logger } from 'pino'

/** What a visitor who comes late is shown. */
export const replayBytes = 64 * 1024
/** A visitor that has this much waiting is cut: the guest's line does not wait for it. */
const slowVisitorBytes = 1024 * 1024
/** Between connecting and reading the log: what was written before the connection must have reached the file. */
const settleMs = 300

/**
 * The serial line of one guest. QEMU's socket takes one reader, so the agent is that reader for the guest's whole life: it remembers the
 * last 64 KiB, gives them to each visitor, and then the live bytes to all. What was said before the agent connected (its own
 * restarts included) comes from the log file that QEMU or virtlogd writes.
 */
export class SerialLine {
  readonly #socketPath: string
  readonly #logPath: string | null
  readonly #log: Logger
  readonly #visitors = new Set<Duplex>()
  #recent: Buffer = Buffer.alloc(0)
  #socket: Socket | null = null
  #ended = false
  #retry: NodeJS.Timeout | undefined
  readonly #seeded: Promise<void>
  #seedDone: () => void = () => {}

  constructor(socketPath: string, logPath: string | null, log: Logger) {
    this.#socketPath = socketPath
    this.#logPath = logPath
    this.#log = log
    this.#seeded = new Promise(resolve => {
      this.#seedDone = resolve
    })
    this.#connect(true)
  }

  /** Connects a visitor: the recent output at once, then both ways until either side goes. */
  async visit(visitor: Duplex): Promise<void> {
    await this.#seeded
    if (this.#ended || visitor.destroyed) return void visitor.destroy()
    visitor.on('error', () => {}) // a visitor that goes away has nobody to tell
    visitor.once('close', () => this.#visitors.delete(visitor))
    visitor.once('end', () => visitor.end())
    visitor.on('data', (bytes: Buffer) => {
      this.#socket?.write(bytes)
    })
    if (this.#recent.length > 0) visitor.write(this.#recent)
    this.#visitors.add(visitor)
  }

  /** Ends the line: what the guest said last still reaches the visitors. */
  end(): void {
    this.#ended = true
    clearTimeout(this.#retry)
    this.#seedDone()
    this.#socket?.destroy()
    for (const visitor of this.#visitors) visitor.end()
  }

  #connect(first: boolean): void {
    const socket = connect(this.#socketPath)
    let live: Buffer | null = first ? Buffer.alloc(0) : null
    socket.once('connect', () => {
      this.#socket = socket
      if (first) setTimeout(() => void seed(), settleMs)
    })
    const seed = async () => {
      const before = this.#logPath === null ? Buffer.alloc(0) : await readTail(this.#logPath, replayBytes)
      this.#recent = tail(join(before, live ?? Buffer.alloc(0)))
      live = null
      this.#seedDone()
    }
    socket.on('data', (bytes: Buffer) => {
      if (live !== null) live = Buffer.concat([live, bytes])
      else this.#heard(bytes)
    })
    socket.on('error', error => this.#log.debug({ reason: error.message }, 'the serial line is not there'))
    socket.once('close', () => {
      this.#socket = null
      // QEMU drops the line when the guest ends, and while it restores; another end is told by the observer.
      if (!this.#ended) this.#retry = setTimeout(() => this.#connect(first && live !== null), 500)
    })
  }

  #heard(bytes: Buffer): void {
    this.#recent = tail(Buffer.concat([this.#recent, bytes]))
    for (const visitor of this.#visitors) {
      visitor.write(bytes)
      if (visitor.writableLength > slowVisitorBytes) visitor.destroy()
    }
  }
}

const tail = (bytes: Buffer): Buffer => bytes.subarray(Math.max(0, bytes.length - replayBytes))

/** What was logged, then what came live: the bytes that are in both (the log's end is the live part's beginning) only once. */
export function join(logged: Buffer, live: Buffer): Buffer {
  for (let overlap = Math.min(logged.length, live.length); overlap > 0; overlap--)
    if (logged.subarray(logged.length - overlap).equals(live.subarray(0, overlap)))
      return Buffer.concat([logged, live.subarray(overlap)])
  return Buffer.concat([logged, live])
}

async function readTail(file: string, bytes: number): Promise<Buffer> {
  const parts: Buffer[] = []
  // virtlogd moves a full log aside as `.0`: right after that the file itself says almost nothing.
  for (const name of [`${file}.0`, file]) {
    try {
      parts.push(await readFile(name))
    } catch {
      // Not rotated, or nothing logged yet.
    }
  }
  const all = Buffer.concat(parts)
  return all.subarray(Math.max(0, all.length - bytes))
}
