import { readFile } from 'node:fs/promises'
import { ADMIN } from '@rookery/cli/engine-api'
import type { Paths } from '@rookery/cli/instance/paths'
import type { Settings } from '@rookery/cli/instance/settings'
import { call, reach } from '@rookery/cli/system/https'

/** The native dialect of an instance, spoken as its admin. */
export class Engine {
  readonly #base: string
  readonly #ca: string
  readonly #token: string

  private constructor(base: string, ca: string, token: string) {
    this.#base = base
    this.#ca = ca
    this.#token = token
  }

  static async signIn(p: Paths, s: Settings): Promise<Engine> {
    const [ca, password] = await Promise.all([readFile(p.caForUsers, 'utf8'), readFile(p.adminPassword, 'utf8')])
    const base = `https://${reach(s.listen, s.port)}/api`
    const { token } = await post<{ token: string }>(ca, `${base}/login`, { user: ADMIN, password: password.trimEnd() })
    return new Engine(base, ca, token)
  }

  /** Asks for something to be done. Throws with the engine's own sentence when it refuses. */
  async op<T = { id: string; jobId?: string | null }>(name: string, input: unknown): Promise<T> {
    return (await post<{ result: T }>(this.#ca, `${this.#base}/op/${name}`, input, this.#token)).result
  }

  async query<T>(name: string, input: unknown = {}): Promise<T> {
    return (await post<{ result: T }>(this.#ca, `${this.#base}/query/${name}`, input, this.#token)).result
  }

  async signOut(): Promise<void> {
    await post(this.#ca, `${this.#base}/logout`, {}, this.#token)
  }
}

async function post<T>(ca: string, url: string, input: unknown, token?: string): Promise<T> {
  const { status, body } = await call(url, {
    ca,
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(input),
    timeout: 60_000,
  })
  if (status >= 300) throw new Error(sentence(body) ?? `${new URL(url).pathname} was answered with ${status}.`)
  return JSON.parse(body) as T
}

/** What an error answer says to people. */
function sentence(body: string): string | undefined {
  try {
    return (JSON.parse(body) as { error?: { message?: string } }).error?.message
  } catch {
    return undefined // no answer of ours
  }
}
