/**
 * The front door: `connect()` and the object it answers. Everything here is a thin, typed layer over `call`, which
 * reaches all of libvirt's procedures by name.
 */
import type { CallOptions } from './connection.ts'
import { Domains } from './domains.ts'
import type { EventName, EventPayloads, Subscription } from './events.ts'
import { Host } from './host.ts'
import type { CallArgs, CallRet, ProcedureName } from './procedures.ts'
import { Secrets } from './secrets.ts'
import { Session, type SessionOptions, type SessionState, type StateChange } from './session.ts'
import type { LibvirtStream, StreamOptions } from './stream.ts'

export type ConnectOptions = SessionOptions

/** Connects to a daemon and opens a driver. Rejects with LibvirtError when that fails. */
export async function connect(options: ConnectOptions = {}, { signal }: CallOptions = {}): Promise<Libvirt> {
  return new Libvirt(await Session.open(options, signal))
}

export class Libvirt implements AsyncDisposable {
  readonly host: Host
  readonly domains: Domains
  readonly secrets: Secrets
  readonly #session: Session

  constructor(session: Session) {
    this.#session = session
    this.host = new Host(session)
    this.domains = new Domains(session)
    this.secrets = new Secrets(session)
  }

  /** Whether there is a connection right now. */
  get state(): SessionState {
    return this.#session.state
  }

  /**
   * Calls any procedure by name, with arguments and reply as the protocol has them. 64-bit integers are bigints there,
   * UUIDs are bytes, absent strings are null. Procedures without arguments take `undefined`.
   */
  call<N extends ProcedureName>(name: N, args: CallArgs<N>, options?: CallOptions): Promise<CallRet<N>> {
    return this.#session.call(name, args, options)
  }

  /** Calls a procedure that carries a data stream (volume upload and download, …), on a connection of its own. */
  stream<N extends ProcedureName>(
    name: N,
    args: CallArgs<N>,
    options?: CallOptions & StreamOptions,
  ): Promise<{ ret: CallRet<N>; stream: LibvirtStream }> {
    return this.#session.stream(name, args, options)
  }

  /** Calls a procedure that may take minutes on a connection of its own, so that it takes no place from others. */
  callApart<N extends ProcedureName>(name: N, args: CallArgs<N>, options?: CallOptions): Promise<CallRet<N>> {
    return this.#session.apart(connection => connection.call(name, args, options), options)
  }

  /**
   * Listens to an event of all objects (for one domain: `domain.on`). Resolves when the daemon has confirmed. Lives
   * across reconnections; what happened in between is lost, and `onState` tells about the gap.
   */
  on<E extends EventName>(
    event: E,
    listener: (payload: EventPayloads[E]) => void,
    options?: CallOptions,
  ): Promise<Subscription> {
    return this.#session.on(event, listener, options)
  }

  /** Listens to the connection being lost (`down`), coming back (`up`, with the gap) and ending (`closed`). */
  onState(listener: (change: StateChange) => void): () => void {
    return this.#session.onState(listener)
  }

  /** Closes for good; calls in flight reject. */
  close(): Promise<void> {
    return this.#session.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
