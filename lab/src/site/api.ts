import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { Agent, fetch, WebSocket } from 'undici'
import { until } from '../guest/until.ts'
import type { Instance } from './instance.ts'

/** A document of the API as JSON. */
export type Doc = Record<string, unknown>

/** A client of the outside API that writes XML and reads JSON, with the CA of the instance and one token for all its life. */
export class Api {
  readonly #origin: string
  readonly #dispatcher: Agent
  readonly #token: string

  private constructor(origin: string, dispatcher: Agent, token: string) {
    this.#origin = origin
    this.#dispatcher = dispatcher
    this.#token = token
  }

  /** Signs in with the password of the file that `up` names. */
  static async signIn(instance: Instance): Promise<Api> {
    const read = (name: string) => readFile(join(instance.dataDir, name), 'utf8')
    // The engine is killed in between: a connection that was kept would be dead.
    const dispatcher = new Agent({ connect: { ca: await read('ca.crt') }, pipelining: 0 })
    const answer = await fetch(`${instance.origin}/ovirt-engine/sso/oauth/token`, {
      method: 'POST',
      dispatcher,
      headers: { accept: 'application/json' },
      body: new URLSearchParams({
        grant_type: 'password',
        scope: 'ovirt-app-api',
        username: 'admin@internal',
        password: (await read('secrets/admin-password')).trimEnd(),
      }),
    })
    const { access_token: token } = (await answer.json()) as { access_token?: string }
    if (token === undefined) throw new Error(`signing in was answered with ${answer.status}`)
    return new Api(instance.origin, dispatcher, token)
  }

  /** The token, for a search of places where it must not be. */
  get token(): string {
    return this.#token
  }

  get(path: string): Promise<Doc> {
    return this.#call('GET', path)
  }

  post(path: string, xml: string): Promise<Doc> {
    return this.#call('POST', path, xml)
  }

  /** The first member of a collection for which all of `want` is so; undefined when there is none. */
  async find(collection: string, element: string, want: Record<string, string>): Promise<Doc | undefined> {
    const list = (await this.get(collection))[element]
    return (Array.isArray(list) ? (list as Doc[]) : []).find(each =>
      Object.entries(want).every(([key, value]) => each[key] === value),
    )
  }

  /** Like {@link find}, and gives the id. */
  async idOf(collection: string, element: string, want: Record<string, string>): Promise<string> {
    const found = await this.find(collection, element, want)
    if (found === undefined) throw new Error(`${collection} has no ${element} with ${JSON.stringify(want)}`)
    return String(found.id)
  }

  /** Waits until what is at `path` has a status, or whatever `key` names. */
  untilIs(path: string, wanted: string, o: { key?: string; deadlineMs?: number } = {}): Promise<Doc> {
    const { key = 'status', deadlineMs = 180_000 } = o
    return until(
      `${path} to be ${wanted}`,
      async () => {
        const doc = await this.get(path)
        if (doc[key] === wanted) return doc
        throw new Error(`it is ${String(doc[key])}`)
      },
      { deadlineMs, everyMs: 100 },
    )
  }

  /** A connection file of virt-viewer, as the text it is. */
  async viewerFile(vmId: string): Promise<string> {
    const console = await this.idOf(`/vms/${vmId}/graphicsconsoles`, 'graphics_console', { protocol: 'vnc' })
    const answer = await this.#fetch('GET', `/ovirt-engine/api/vms/${vmId}/graphicsconsoles/${console}`, {
      accept: 'application/x-virt-viewer',
    })
    return answer.text()
  }

  /** A VNC ticket from oVirt's action, and where the list of consoles says that it is good for. */
  async vncTicket(vmId: string): Promise<{ address: string; port: number; value: string }> {
    const consoles = `/vms/${vmId}/graphicsconsoles`
    const vnc = { protocol: 'vnc' }
    const id = await this.idOf(consoles, 'graphics_console', vnc)
    const done = await this.post(`${consoles}/${id}/ticket`, '<action/>')
    const now = await this.find(`${consoles}?current=true`, 'graphics_console', vnc)
    return {
      address: String(now?.address),
      port: Number(now?.port),
      value: String((done.ticket as Doc | undefined)?.value),
    }
  }

  /** A ticket for the serial line through the engine's WebSocket; it works once. */
  async serialTicket(vmId: string): Promise<string> {
    const answer = await this.#fetch(
      'POST',
      '/api/op/console.ticket',
      { accept: 'application/json', 'content-type': 'application/json' },
      JSON.stringify({ vmId, mode: 'stream', protocol: 'serial' }),
    )
    return String(((await answer.json()) as { result: Doc }).result.value)
  }

  /** Opens the serial line: what the guest says can be read, what is written is typed. */
  async serial(ticket: string): Promise<{ stream: PassThrough; type(text: string): void; close(): void }> {
    const socket = new WebSocket(`${this.#origin.replace('https', 'wss')}/api/console/${ticket}`, {
      dispatcher: this.#dispatcher,
    })
    socket.binaryType = 'arraybuffer'
    const stream = new PassThrough()
    socket.addEventListener('message', event => stream.write(Buffer.from(event.data as ArrayBuffer)))
    socket.addEventListener('close', () => stream.end())
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener('open', () => resolve())
      socket.addEventListener('error', () => reject(new Error('the console was not opened')))
    })
    return { stream, type: text => socket.send(Buffer.from(text)), close: () => socket.close() }
  }

  /** One PUT of a whole image to the address of a transfer. */
  async put(url: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const answer = await fetch(url, { method: 'PUT', dispatcher: this.#dispatcher, body: bytes })
    if (!answer.ok) throw new Error(`the image was answered with ${answer.status}: ${await answer.text()}`)
  }

  async close(): Promise<void> {
    await this.#dispatcher.destroy()
  }

  async #call(method: string, path: string, xml?: string): Promise<Doc> {
    const headers = { accept: 'application/json', version: '4' }
    const answer = await this.#fetch(
      method,
      `/ovirt-engine/api${path}`,
      xml === undefined ? headers : { ...headers, 'content-type': 'application/xml' },
      xml,
    )
    return (await answer.json()) as Doc
  }

  async #fetch(method: string, path: string, headers: Record<string, string>, body?: string) {
    const answer = await fetch(this.#origin + path, {
      method,
      dispatcher: this.#dispatcher,
      headers: { ...headers, authorization: `Bearer ${this.#token}` },
      signal: AbortSignal.timeout(60_000),
      ...(body === undefined ? {} : { body }),
    })
    if (!answer.ok)
      throw new Error(`${method} ${path} was answered with ${answer.status}: ${(await answer.text()).slice(0, 500)}`)
    return answer
  }
}
