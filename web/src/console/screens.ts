import { op } from '../api/client.ts'
import { store } from '../live/store.ts'
import { toApiError } from '../api/error.ts'
import type { SerialDisplay } from './serial-display.ts'
import { type ConsoleDeps, ConsoleSession } from './session.ts'
import { eventsOf, type KeyEvent, keysOfText } from './type-text.ts'
import type { showVnc, VncDisplay } from './vnc-display.ts'

/** Seconds that a ticket waits for its one visit. */
const ticketSeconds = 30
/** Between two keys of a typed text (ms): guests lose keys that come faster than they read them. */
const keyPause = 30

const pause = (ms: number | undefined, signal?: AbortSignal): Promise<void> =>
  new Promise(resolve => {
    const timer = ms === undefined ? undefined : setTimeout(resolve, ms)
    signal?.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })

function sessionOf(
  vmId: string,
  protocol: 'vnc' | 'serial',
  awake: boolean,
  attach: ConsoleDeps['attach'],
): ConsoleSession {
  return new ConsoleSession(
    {
      ticket: async () =>
        (await op('console.ticket', { vmId, protocol, mode: 'stream', expiresInSeconds: ticketSeconds })).value,
      socket: ticket => new WebSocket(`wss://${location.host}/api/console/${ticket}`, ['binary']),
      attach,
      pause,
      now: () => Date.now(),
    },
    awake,
  )
}

/** Loads a display's code, then begins; returns what ends it, also before it began. */
function begin<M>(session: ConsoleSession, load: Promise<M>, show: (code: M) => void): () => void {
  let gone = false
  load.then(
    code => {
      if (gone) return
      show(code)
      session.start()
    },
    (error: unknown) => session.refuse(toApiError(error)),
  )
  return () => {
    gone = true
    session.stop()
  }
}

/** One console on the page, whatever its protocol. It begins when it is placed and ends when its place goes. */
export interface Screen {
  readonly protocol: 'vnc' | 'serial'
  readonly session: ConsoleSession
  /** For `ref`: puts it on the page. */
  place(target: HTMLElement | null): (() => void) | undefined
  /** Types a text; `progress` hears the part that is done, 0 to 1. */
  type(text: string, signal: AbortSignal, progress: (part: number) => void): Promise<void>
  focus(): void
  /** Gives the keyboard back to the page. */
  release(): void
}

/** The guest's screen. */
export class VncScreen implements Screen {
  readonly protocol = 'vnc'
  readonly session: ConsoleSession
  /** Width × height of the guest's screen. */
  readonly size = store('')
  readonly fit = store(true)
  #target: HTMLElement | undefined
  #show: typeof showVnc | undefined
  #display: VncDisplay | undefined

  constructor(vmId: string, awake: boolean, label: string) {
    this.session = sessionOf(vmId, 'vnc', awake, (socket, hooks) => {
      if (this.#target === undefined || this.#show === undefined) return () => {}
      const display = this.#show(this.#target, socket, {
        ...hooks,
        fit: this.fit.get(),
        label,
        size: (width, height) => this.size.set(width === 0 ? '' : `${width}×${height}`),
      })
      this.#display = display
      return () => {
        display.end()
        if (this.#display === display) this.#display = undefined
      }
    })
  }

  readonly place = (target: HTMLElement | null) => {
    if (target === null) return undefined
    this.#target = target
    const end = begin(this.session, import('./vnc-display.ts'), ({ showVnc }) => {
      this.#show = showVnc
    })
    return () => {
      end()
      this.#display?.end()
      this.#target = undefined
    }
  }

  send(events: readonly KeyEvent[]): void {
    this.#display?.send(events)
  }

  setFit(fit: boolean): void {
    this.fit.set(fit)
    this.#display?.setFit(fit)
  }

  async type(text: string, signal: AbortSignal, progress: (part: number) => void): Promise<void> {
    const { presses } = keysOfText(text)
    for (const [i, press] of presses.entries()) {
      if (signal.aborted) return
      this.send(eventsOf(press))
      progress((i + 1) / presses.length)
      await pause(keyPause, signal)
    }
  }

  screenshot = (): Promise<Blob | null> => this.#display?.screenshot() ?? Promise.resolve(null)
  focus = (): void => this.#display?.focus()
  release = (): void => this.#display?.release()
}

/** The guest's serial line. */
export class SerialScreen implements Screen {
  readonly protocol = 'serial'
  readonly session: ConsoleSession
  readonly #label: string
  #display: SerialDisplay | undefined

  constructor(vmId: string, awake: boolean, label: string) {
    this.#label = label
    this.session = sessionOf(
      vmId,
      'serial',
      awake,
      (socket, hooks) => this.#display?.attach(socket, hooks) ?? (() => {}),
    )
  }

  readonly place = (target: HTMLElement | null) => {
    if (target === null) return undefined
    let display: SerialDisplay | undefined
    const end = begin(this.session, import('./serial-display.ts'), ({ showSerial }) => {
      display = showSerial(target, this.#label)
      this.#display = display
    })
    return () => {
      end()
      display?.end()
      this.#display = undefined
    }
  }

  async type(text: string, _signal: AbortSignal, progress: (part: number) => void): Promise<void> {
    this.#display?.type(text)
    progress(1)
  }

  transcript = (): string => this.#display?.transcript() ?? ''
  onSaid = (listener: () => void): (() => void) => this.#display?.onSaid(listener) ?? (() => {})
  focus = (): void => this.#display?.focus()
  release = (): void => this.#display?.release()
}
