import type { IncomingHttpHeaders } from 'node:http'
import type { Duplex, Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { conflict, fromErrorRecord, invalid, isUuid, RookeryError } from '@rookery/model'
import { Client, type Dispatcher, Pool } from 'undici'
import type { z } from 'zod'
import { connectConsole } from './client-console.ts'
import { brokenContract, errorOfAnswer, errorOfTransport } from './client-errors.ts'
import { readWatch, type WatchOptions } from './client-watch.ts'
import { HostFacts } from './host.ts'
import { HostInventory } from './inventory.ts'
import { type TaskRequest, TaskState } from './task-state.ts'
import type { WatchLine } from './watch.ts'

/** PEM texts of mutual TLS: the engine's certificate and key, and the one CA that it trusts for hosts. */
export interface AgentTls {
  cert: string | Buffer
  key: string | Buffer
  ca: string | Buffer
  /** The name to expect in the host's certificate when it is not the one in the URL. */
  servername?: string
}

/** Where a host is and how it is reached. */
export interface AgentClientOptions {
  /** Base URL, maybe with a path: `https://10.0.0.5:54321`, `https://127.0.0.1:9000/hosts/17`. Calls go to `<url>/v1/…`. */
  url: string
  tls: AgentTls
  /** Most connections for calls, and as many again for long polls; the watch, consoles and images have their own. */
  connections?: number
  /** The machine that must answer. Another one is refused (`conflict`, `host.other_machine`) before it gets a task. */
  expectedHostUuid?: string
}

/** How `runTask` is followed. */
export interface RunTaskOptions {
  /** Stops waiting, not the task: that is `cancelTask`. */
  signal?: AbortSignal
  /** Told each time an answer shows another progress (percent; null: not known). */
  onProgress?: (progress: number | null) => void
}

/** A request of the imageio protocol to pass on. */
export interface ImageCall {
  method: string
  headers?: Record<string, string | string[]>
  body?: Readable | Buffer | string | null
  /** What follows the ticket in the URL: empty, `?flush=n`, `/extents?context=zero`. */
  path?: string
  signal?: AbortSignal
}

/** The host's answer to an image request, whatever its status; the body must be read or destroyed. */
export interface ImageAnswer {
  status: number
  headers: IncomingHttpHeaders
  body: Readable
}

interface Call {
  method: 'GET' | 'PUT' | 'DELETE' | 'POST'
  /** Below `/v1`. */
  path: string
  body?: unknown
  signal?: AbortSignal | undefined
  pool?: Pool
  timeoutMs?: number
}

/** A task that has ended well. */
export type FinishedTask = Extract<TaskState, { state: 'finished' }>

const longPollSeconds = 30
const crowdedPollMs = 500

/**
 * The engine's side of the contract with one host. Nothing here retries: a call that got no answer throws `unavailable`
 * (`host.unreachable`) and whoever asked decides, with the same task id, when to ask again.
 */
export class AgentClient {
  readonly url: string
  readonly #options: AgentClientOptions
  readonly #origin: string
  readonly #prefix: string
  readonly #connections: number
  readonly #calls: Pool
  readonly #polls: Pool
  readonly #images: Pool
  readonly #closing = new AbortController()
  #pollers = 0
  #identity: Promise<void> | undefined

  constructor(options: AgentClientOptions) {
    const url = new URL(options.url)
    if (url.protocol !== 'https:') throw invalid('host.url', 'The address of a host begins with https://.')
    this.#options = options
    this.#origin = url.origin
    this.#prefix = url.pathname.replace(/\/+$/, '')
    this.url = this.#origin + this.#prefix
    this.#connections = options.connections ?? 4
    const shared = { ...this.#connect(), connections: this.#connections }
    this.#calls = new Pool(this.#origin, shared)
    this.#polls = new Pool(this.#origin, shared)
    this.#images = new Pool(this.#origin, { ...shared, connections: 16 })
  }

  /** Facts of the host. Checks `expectedHostUuid`. */
  async facts(signal?: AbortSignal): Promise<HostFacts> {
    const facts = await this.#call(HostFacts, { method: 'GET', path: '/host', signal })
    const expected = this.#options.expectedHostUuid?.toLowerCase()
    if (expected !== undefined && facts.hostUuid !== expected)
      throw conflict('host.other_machine', `Another machine (${facts.hostUuid}) answers at the address of this host.`, {
        detail: { expected, found: facts.hostUuid, url: this.url },
      })
    return facts
  }

  /** Everything of this engine's that is on the host now; the volumes of these storage domains, as far as they are connected there. */
  async inventory(storageDomainIds: readonly string[] = [], signal?: AbortSignal): Promise<HostInventory> {
    await this.#sameMachine(signal)
    const path = `/inventory?volumes=${storageDomainIds.join(',')}`
    return this.#call(HostInventory, { method: 'GET', path, signal, timeoutMs: 60_000 })
  }

  /**
   * The host's watch: a `listing`, then changes as they happen. Ends without an error when `signal` aborts or the client is
   * closed, and throws `unavailable` when the host is silent or the stream breaks.
   */
  async *watch(options: WatchOptions = {}): AsyncGenerator<WatchLine> {
    const { signal } = options
    const stop = signal === undefined ? this.#closing.signal : AbortSignal.any([signal, this.#closing.signal])
    try {
      await this.#sameMachine(stop)
    } catch (error) {
      if (stop.aborted) return
      throw error
    }
    const client = new Client(this.#origin, this.#connect())
    yield* readWatch(client, `${this.#prefix}/v1/watch`, { ...options, signal: stop })
  }

  /** Asks for a task under an id; the same id is the same task. */
  async putTask(id: string, request: TaskRequest, signal?: AbortSignal): Promise<TaskState> {
    await this.#sameMachine(signal)
    return this.#call(TaskState, { method: 'PUT', path: taskPath(id), body: request, signal })
  }

  /** How a task stands, as soon as it is not running, or after `waitSeconds`. Throws `notFound` for an unknown id. */
  task(id: string, waitSeconds = 0, signal?: AbortSignal): Promise<TaskState> {
    return this.#call(TaskState, {
      method: 'GET',
      path: `${taskPath(id)}?wait=${waitSeconds}`,
      signal,
      pool: waitSeconds > 0 ? this.#polls : this.#calls,
      timeoutMs: waitSeconds * 1000 + 30_000,
    })
  }

  /**
   * Puts a task and waits for its end.
   *
   * @throws the task's own error when it failed, `conflict` `task.cancelled` or `task.gone` when it was cancelled,
   *   `unavailable` when the host does not answer
   */
  async runTask(id: string, request: TaskRequest, options: RunTaskOptions = {}): Promise<FinishedTask> {
    const { signal, onProgress } = options
    let shown: number | null | undefined
    let state = await this.putTask(id, request, signal)
    this.#pollers++
    try {
      while (state.state === 'running') {
        if (state.progress !== shown) onProgress?.((shown = state.progress))
        state = await this.#poll(id, request, signal)
      }
    } finally {
      this.#pollers--
    }
    if (state.state === 'finished') return state
    if (state.state === 'failed') throw fromErrorRecord(state.error)
    throw conflict('task.cancelled', 'The task was cancelled.', { detail: { task: id, kind: request.task.kind } })
  }

  /** Cancels a task and closes its id for good, also one that the host has never seen. Content with an ended one. */
  cancelTask(id: string, signal?: AbortSignal): Promise<TaskState> {
    return this.#call(TaskState, { method: 'DELETE', path: taskPath(id), signal })
  }

  /** Tells the host that these ends are recorded, so that it may forget them after its time. */
  async acknowledge(ids: readonly string[], signal?: AbortSignal): Promise<void> {
    if (ids.length === 0) return
    await this.#send({ method: 'POST', path: '/tasks/acknowledge', body: { ids }, signal })
  }

  /** Opens a console by its one-time ticket: raw bytes both ways. */
  openConsole(ticket: string, signal?: AbortSignal): Promise<Duplex> {
    return connectConsole(new URL(`${this.url}/v1/console/${encodeURIComponent(ticket)}`), this.#options.tls, signal)
  }

  /** Passes a request of the imageio protocol on, and its answer back, whatever its status. */
  async images(ticket: string, call: ImageCall): Promise<ImageAnswer> {
    const what = `${call.method} /v1/images/…`
    if (ticket !== '*' && !isUuid(ticket)) throw invalid('image.ticket', 'A ticket is a UUID.')
    try {
      const answer = await this.#images.request({
        method: call.method as Dispatcher.HttpMethod,
        path: `${this.#prefix}/v1/images/${ticket}${call.path ?? ''}`,
        headers: call.headers ?? {},
        body: call.body ?? null,
        signal: call.signal ?? null,
        headersTimeout: 120_000,
        bodyTimeout: 120_000,
      })
      return { status: answer.statusCode, headers: answer.headers, body: answer.body }
    } catch (error) {
      throw errorOfTransport(error, what, call.signal)
    }
  }

  /** Ends the watches and closes every connection; calls under way fail with `unavailable`. */
  async close(): Promise<void> {
    this.#closing.abort()
    await Promise.all([this.#calls.destroy(), this.#polls.destroy(), this.#images.destroy()])
  }

  #connect() {
    return {
      connect: { ...this.#options.tls, minVersion: 'TLSv1.3' as const, timeout: 10_000 },
      pipelining: 1,
      keepAliveTimeout: 30_000,
    }
  }

  /** One long poll; while more tasks are awaited than there are connections, short ones, so that none waits for another. */
  async #poll(id: string, request: TaskRequest, signal?: AbortSignal): Promise<TaskState> {
    try {
      if (this.#pollers <= this.#connections) return await this.task(id, longPollSeconds, signal)
      await pause(crowdedPollMs, undefined, signal === undefined ? {} : { signal })
      return await this.task(id, 0, signal)
    } catch (error) {
      // A host that lost its journal does not know the id any more; tasks are idempotent by effect too.
      if (error instanceof RookeryError && error.kind === 'notFound') return await this.putTask(id, request, signal)
      throw error
    }
  }

  /** Makes sure, once for each time that the host was out of reach, that the machine is the expected one. */
  async #sameMachine(signal?: AbortSignal): Promise<void> {
    if (this.#options.expectedHostUuid === undefined) return
    const check = (this.#identity ??= this.facts().then(() => undefined))
    try {
      await check
    } catch (error) {
      if (this.#identity === check) this.#identity = undefined
      throw error
    }
    signal?.throwIfAborted()
  }

  /** A call whose answer has this shape. */
  async #call<T>(schema: z.ZodType<T>, call: Call): Promise<T> {
    const parsed = schema.safeParse(await this.#send(call))
    if (!parsed.success) throw brokenContract(`${call.method} /v1${call.path}`, parsed.error)
    return parsed.data
  }

  /** A call and the JSON of its answer; undefined when the answer is empty or no JSON. */
  async #send(call: Call): Promise<unknown> {
    const what = `${call.method} /v1${call.path}`
    const timeout = call.timeoutMs ?? 30_000
    try {
      const answer = await (call.pool ?? this.#calls).request({
        method: call.method,
        path: `${this.#prefix}/v1${call.path}`,
        headers: call.body === undefined ? {} : { 'content-type': 'application/json' },
        body: call.body === undefined ? null : JSON.stringify(call.body),
        signal: call.signal ?? null,
        headersTimeout: timeout,
        bodyTimeout: timeout,
      })
      const json = parseJson(await answer.body.text())
      if (answer.statusCode < 200 || answer.statusCode > 299) throw errorOfAnswer(answer.statusCode, json, what)
      return json
    } catch (error) {
      const mapped = errorOfTransport(error, what, call.signal)
      if (mapped instanceof RookeryError && mapped.code === 'host.unreachable') this.#identity = undefined
      throw mapped
    }
  }
}

/** The client of one host. */
export const createAgentClient = (options: AgentClientOptions): AgentClient => new AgentClient(options)

function taskPath(id: string): string {
  if (!isUuid(id)) throw invalid('task.id', 'A task id is a UUID.')
  return `/tasks/${id.toLowerCase()}`
}

/** A body as JSON; undefined when it is none, which the schema then refuses. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // the caller says what is wrong with it
  }
}
