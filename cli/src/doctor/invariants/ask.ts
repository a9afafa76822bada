import { readFile } from 'node:fs/promises'
import type { Difference } from '@rookery/model'
import { ADMIN } from '../../engine-api.ts'
import type { Paths } from '../../instance/paths.ts'
import type { Settings } from '../../instance/settings.ts'
import { call, reach } from '../../system/https.ts'

/** What the engine's query `invariants` answers. */
export interface Report {
  readonly differences: readonly Difference[]
  readonly looks: number
  readonly notLookedAt: readonly { readonly name: string; readonly status: string; readonly reason: string }[]
}

/** How long all of it may take: two looks at every host, each with its own deadline. */
const patienceMs = 120_000

/** Asks the engine of an instance as its admin, with a session that ends with the answer. `apartMs`: time between the two looks. */
export async function askInvariants(p: Paths, s: Settings, apartMs: number | undefined): Promise<Report> {
  const [ca, password] = await Promise.all([readFile(p.caForUsers, 'utf8'), readFile(p.adminPassword, 'utf8')])
  const post = async (path: string, body: object, token?: string): Promise<Record<string, unknown>> => {
    const headers = {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    }
    const url = `https://${reach(s.listen, s.port)}/api/${path}`
    const answer = await call(url, { ca, method: 'POST', headers, body: JSON.stringify(body), timeout: patienceMs })
    if (answer.status !== 200)
      throw new Error(`${path} was answered with ${answer.status}: ${answer.body.slice(0, 300)}`)
    return JSON.parse(answer.body) as Record<string, unknown>
  }
  const { token } = await post('login', { user: ADMIN, password: password.trimEnd() })
  try {
    const { result } = await post('query/invariants', apartMs === undefined ? {} : { apartMs }, String(token))
    return result as Report
  } finally {
    await post('logout', {}, String(token)).catch(() => undefined) // the session ends by itself; the answer counts
  }
}
