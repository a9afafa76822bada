import type { TransferPhase } from '@rookery/model'
import { ApiError, toApiError } from '../api/error.ts'
import { store } from '../live/store.ts'
import type { ImageKind } from './recognise.ts'

/** Where an upload is. */
export type UploadPhase =
  /** Others go first. */
  | 'queued'
  /** The disk is being made. */
  | 'preparing'
  /** The host opens the transfer. */
  | 'opening'
  | 'sending'
  | 'paused'
  /** The connection or the engine is away; it is tried again at `retryAt`. */
  | 'lost'
  /** The host looks at what came. */
  | 'checking'
  | 'done'
  | 'failed'
  | 'cancelled'

/** An upload as it is shown. */
export interface UploadState {
  phase: UploadPhase
  /** Bytes that the host has for sure. */
  kept: number
  /** Bytes that left the browser. */
  sent: number
  /** Bytes per second; undefined until it is known. */
  rate: number | undefined
  /** Epoch ms, with `lost`. */
  retryAt?: number
  error?: ApiError
  diskId?: string
  transferId?: string
}

/** What a transfer's row says, of what an upload looks at. */
export interface Transfer {
  id: string
  phase: TransferPhase
  ticket: string
  transferred: number
  error: { kind: string; code: string; message: string } | null
}

/** How one piece went: 0 is no answer. */
export interface Answer {
  status: number
  text: string
}

/** What an upload needs of the engine; tests put their own. */
export interface UploadPort {
  /** The size of a piece. Each is on disk when it is answered, so this is the most that is sent again after a loss. */
  readonly pieceBytes: number
  makeDisk(o: { alias: string; kind: ImageKind; storageDomainId: string | undefined }): Promise<string>
  openTransfer(o: { diskId: string; kind: ImageKind; filename: string }): Promise<string>
  /** The row now and whenever it changed, until one passes. Undefined when it is gone. */
  transferWhen(
    id: string,
    passes: (row: Transfer | undefined) => boolean,
    signal: AbortSignal,
  ): Promise<Transfer | undefined>
  pause(id: string): Promise<void>
  resume(id: string): Promise<void>
  cancel(id: string): Promise<void>
  finalize(id: string): Promise<void>
  dropDisk(id: string): Promise<void>
  /** Writes bytes at a place; `progress` hears how many left. */
  put(o: {
    ticket: string
    at: number
    bytes: Blob
    signal: AbortSignal
    progress(sent: number): void
  }): Promise<Answer>
  flush(ticket: string, signal: AbortSignal): Promise<Answer>
  /** Bytes that the host has, for a comparison. */
  read(ticket: string, at: number, length: number): Promise<ArrayBuffer | undefined>
  /** Notes in this browser how much of a transfer the host has, for the page after this one; 0 forgets it. */
  note(transferId: string, kept: number): void
  noted(transferId: string): number
  sleep(ms: number, signal: AbortSignal): Promise<void>
  now(): number
}

const firstPause = 500
const longestPause = 10_000
/** Tries of a piece that the host answers with a failure of its own, before it is given up. */
const mostFailures = 6
/** Bytes at each end of what came before that are compared when the same file is chosen again. */
const compared = 64 * 1024

const ended = (phase: TransferPhase) => phase.startsWith('finished')
const openPhases: readonly TransferPhase[] = ['transferring', 'initializing', 'resuming']

const fail = (code: string, message: string, detail?: unknown) =>
  new ApiError({ kind: 'conflict', code, message, detail }, { status: 0 })

/**
 * One file on its way to a disk. It survives what happens on the way: a lost connection and a restarted engine are waited for, a
 * transfer that the engine paused meanwhile is resumed, and after a reload of the page the same file goes on where it was.
 */
export class Upload {
  readonly name: string
  readonly size: number
  readonly kind: ImageKind
  readonly #file: Blob
  readonly #alias: string
  readonly #storageDomainId: string | undefined
  readonly #port: UploadPort
  readonly #state = store<UploadState>({ phase: 'queued', kept: 0, sent: 0, rate: undefined })
  /** Stops what is under way: a pause or a cancellation. */
  #interrupt = new AbortController()
  #nudge = new AbortController()
  #wanted: 'run' | 'pause' | 'cancel' = 'run'
  #running: Promise<void> | undefined
  #samples: { at: number; sent: number }[] = []

  constructor(
    file: Blob,
    o: { name: string; alias: string; kind: ImageKind; storageDomainId?: string | undefined },
    port: UploadPort,
  ) {
    this.#file = file
    this.name = o.name
    this.size = file.size
    this.kind = o.kind
    this.#alias = o.alias
    this.#storageDomainId = o.storageDomainId
    this.#port = port
  }

  readonly subscribe = (listener: () => void) => this.#state.subscribe(listener)
  readonly get = (): UploadState => this.#state.get()

  /** Whether leaving the page would interrupt it. */
  get busy(): boolean {
    return ['queued', 'preparing', 'opening', 'sending', 'lost'].includes(this.get().phase)
  }

  /** Begins, or goes on. Resolves when it ends, fails, or is paused. */
  run(): Promise<void> {
    const was = this.#running
    // One that is being paused is let come to rest first.
    if (was !== undefined && this.#wanted === 'run') return was
    this.#wanted = 'run'
    if (this.get().phase === 'queued') this.#set({ phase: 'preparing' })
    const running = (was ?? Promise.resolve()).then(() => this.#go())
    this.#running = running
    void running.finally(() => {
      if (this.#running === running) this.#running = undefined
    })
    return running
  }

  /** Goes on with a transfer of an earlier page: looks whether this is the same file, then sends the rest. */
  adopt(transfer: Transfer, diskId: string): Promise<void> {
    this.#set({ transferId: transfer.id, diskId })
    return this.run()
  }

  async pause(): Promise<void> {
    if (this.get().phase === 'queued') return
    this.#wanted = 'pause'
    this.#interrupt.abort()
    await this.#running
  }

  async cancel(): Promise<void> {
    this.#wanted = 'cancel'
    this.#interrupt.abort()
    await this.#running
    if (this.get().phase !== 'done') await this.#clear()
  }

  /** Tries now instead of at `retryAt`. */
  nudge(): void {
    this.#nudge.abort()
  }

  #set(more: Partial<UploadState>): void {
    const { retryAt: _, ...now } = this.#state.get()
    this.#state.set({ ...now, ...more })
  }

  async #clear(): Promise<void> {
    const { transferId, diskId } = this.get()
    try {
      if (transferId !== undefined) {
        await this.#port.cancel(transferId)
        this.#port.note(transferId, 0)
      } else if (diskId !== undefined) await this.#port.dropDisk(diskId)
      this.#set({ phase: 'cancelled', rate: undefined })
    } catch (error) {
      this.#set({ phase: 'failed', error: toApiError(error) })
    }
  }

  async #go(): Promise<void> {
    this.#interrupt = new AbortController()
    const { signal } = this.#interrupt
    this.#samples = []
    let pause = firstPause
    let verify = this.get().transferId !== undefined && this.get().kept === 0
    let failures = 0
    // A pause that somebody asked for elsewhere holds, except right after this side was asked to go on.
    let asked = true
    this.#set({ error: undefined })
    while (!signal.aborted) {
      try {
        await this.#prepare(signal)
        const transfer = await this.#opened(asked, signal)
        asked = false
        if (transfer === undefined) break
        if (verify) {
          await this.#mustBeTheSame(transfer)
          verify = false
        }
        const answer = await this.#send(transfer, signal)
        if (signal.aborted) break
        if (answer !== undefined) {
          // 403: the ticket ended; the row says why. Anything else that is no passing trouble ends it.
          const passing = answer.status === 0 || answer.status === 403 || answer.status >= 500
          if (answer.status >= 500 && answer.status !== 503) failures++
          if (!passing || failures > mostFailures)
            throw fail('upload.refused', answer.text.trim() || `HTTP ${answer.status}`, { status: answer.status })
          if (answer.status === 0 && !(await this.#readable()))
            throw fail('upload.file_changed', 'The file was changed or moved while it was being sent.')
          throw new Passing()
        }
        await this.#finish(transfer, signal)
        break
      } catch (thrown) {
        if (signal.aborted) break
        const error = thrown instanceof Passing ? undefined : toApiError(thrown)
        if (error !== undefined && !isPassing(error)) {
          this.#set({ phase: 'failed', rate: undefined, error })
          return
        }
        if (this.get().kept > 0 && this.#progressed) pause = firstPause
        this.#progressed = false
        this.#set({ phase: 'lost', rate: undefined, sent: this.get().kept, retryAt: this.#port.now() + pause })
        this.#nudge = new AbortController()
        await this.#port.sleep(pause, AbortSignal.any([signal, this.#nudge.signal]))
        pause = Math.min(pause * 2, longestPause)
      }
    }
    if (signal.aborted && this.#wanted !== 'cancel' && !['done', 'failed'].includes(this.get().phase))
      await this.#hold()
  }
  #progressed = false

  /** Has the engine stop the clock of the transfer, so that it waits for as long as it takes. */
  async #hold(): Promise<void> {
    const { transferId, kept } = this.get()
    this.#set({ phase: 'paused', sent: kept, rate: undefined })
    if (transferId === undefined) return
    // What cannot be said now is said by the engine itself: an idle transfer is paused.
    await this.#port.pause(transferId).catch(() => {})
  }

  async #prepare(signal: AbortSignal): Promise<void> {
    if (this.get().diskId === undefined) {
      this.#set({ phase: 'preparing' })
      const diskId = await this.#port.makeDisk({
        alias: this.#alias,
        kind: this.kind,
        storageDomainId: this.#storageDomainId,
      })
      this.#set({ diskId })
    }
    signal.throwIfAborted()
    if (this.get().transferId !== undefined) return
    this.#set({ phase: 'opening' })
    const { diskId = '' } = this.get()
    const transferId = await this.#port.openTransfer({ diskId, kind: this.kind, filename: this.name.slice(0, 255) })
    this.#set({ transferId })
  }

  /** The transfer, open for writing; undefined when somebody else paused it, which stays so until it is resumed here. */
  async #opened(asked: boolean, signal: AbortSignal): Promise<Transfer | undefined> {
    const { transferId = '' } = this.get()
    const settled = (row: Transfer | undefined) =>
      row === undefined || row.phase === 'transferring' || row.phase.startsWith('paused') || ended(row.phase)
    let resumed = false
    for (;;) {
      const row = await this.#port.transferWhen(transferId, settled, signal)
      signal.throwIfAborted()
      if (row === undefined) throw fail('upload.gone', 'The transfer does not exist any more.')
      if (row.phase === 'transferring') return row
      if (row.phase === 'finished_success') {
        this.#set({ phase: 'done', kept: this.size, sent: this.size })
        return undefined
      }
      if (ended(row.phase)) throw this.#refusal(row)
      if (row.phase === 'paused_user' && !asked) {
        this.#set({ phase: 'paused', sent: this.get().kept, rate: undefined })
        return undefined
      }
      if (resumed) throw new Passing()
      this.#set({ phase: 'opening' })
      resumed = true
      await this.#port.resume(transferId)
      await this.#port.transferWhen(transferId, now => now === undefined || !now.phase.startsWith('paused'), signal)
    }
  }

  #refusal(row: Transfer): ApiError {
    if (row.error !== null) return new ApiError(row.error as ConstructorParameters<typeof ApiError>[0], { status: 0 })
    return fail('upload.cancelled', 'The transfer was cancelled.')
  }

  /** Compares what the host has with the file that was chosen now. */
  async #mustBeTheSame(transfer: Transfer): Promise<void> {
    this.#set({ phase: 'opening' })
    const { pieceBytes } = this.#port
    // The engine hears from the host now and then only; this browser may know of more. The comparison decides.
    const told = Math.max(transfer.transferred, this.#port.noted(transfer.id))
    const kept = Math.min(Math.floor(told / pieceBytes) * pieceBytes, this.size)
    const places = [0, Math.max(0, kept - compared)]
    for (const at of kept === 0 ? [] : places) {
      const length = Math.min(compared, kept - at)
      const theirs = await this.#port.read(transfer.ticket, at, length)
      if (theirs === undefined) throw new Passing()
      const ours = await this.#file.slice(at, at + length).arrayBuffer()
      if (!same(theirs, ours)) {
        await this.#port.pause(transfer.id).catch(() => {})
        throw fail('upload.other_file', 'This is not the file that was being uploaded: its bytes differ.')
      }
    }
    this.#set({ kept, sent: kept })
  }

  /** Sends piece after piece; undefined when all are on disk, else the answer that stopped it. */
  async #send(transfer: Transfer, signal: AbortSignal): Promise<Answer | undefined> {
    const { ticket } = transfer
    const { pieceBytes } = this.#port
    while (this.get().kept < this.size) {
      const at = this.get().kept
      const bytes = this.#file.slice(at, Math.min(at + pieceBytes, this.size))
      this.#set({ phase: 'sending' })
      const progress = (sent: number) => this.#moved(at + sent)
      const answer = await this.#port.put({ ticket, at, bytes, signal, progress })
      if (signal.aborted || answer.status !== 200) return answer
      this.#progressed = true
      this.#set({ kept: at + bytes.size })
      this.#port.note(transfer.id, at + bytes.size)
      this.#moved(at + bytes.size)
    }
    const flushed = await this.#port.flush(ticket, signal)
    return flushed.status === 200 ? undefined : flushed
  }

  #moved(sent: number): void {
    const at = this.#port.now()
    this.#samples = [...this.#samples.filter(sample => at - sample.at < 8000), { at, sent }]
    const first = this.#samples[0] as { at: number; sent: number }
    const rate = at - first.at < 400 ? this.get().rate : ((sent - first.sent) / (at - first.at)) * 1000
    this.#set({ sent, rate })
  }

  async #finish(transfer: Transfer, signal: AbortSignal): Promise<void> {
    this.#set({ phase: 'checking', rate: undefined })
    await this.#port.finalize(transfer.id)
    const row = await this.#port.transferWhen(transfer.id, now => now === undefined || ended(now.phase), signal)
    if (row !== undefined && row.phase !== 'finished_success') throw this.#refusal(row)
    this.#port.note(transfer.id, 0)
    this.#set({ phase: 'done', kept: this.size, sent: this.size })
  }

  /** Whether the browser can still read the file. */
  async #readable(): Promise<boolean> {
    try {
      await this.#file.slice(0, 1).arrayBuffer()
      return true
    } catch {
      return false
    }
  }
}

/** A trouble that is worth another try. */
class Passing extends Error {}

/** Nobody answers, nobody is signed in just now, or the engine still works on the last thing that was asked. */
const isPassing = (error: ApiError) =>
  ['unreachable', 'unavailable', 'unauthenticated'].includes(error.kind) || error.code === 'job.locked'

function same(a: ArrayBuffer, b: ArrayBuffer): boolean {
  const x = new Uint8Array(a)
  const y = new Uint8Array(b)
  return x.length === y.length && x.every((byte, i) => byte === y[i])
}

export const isOpenTransfer = (phase: TransferPhase): boolean =>
  openPhases.includes(phase) || phase === 'paused_system' || phase === 'paused_user'
