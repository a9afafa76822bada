import { readFile } from 'node:fs/promises'
import type { Paths } from './instance/paths.ts'
import type { Settings } from './instance/settings.ts'
import { call, reach } from './system/https.ts'

/** A host or storage domain as the outside API shows it. */
export interface Named {
  readonly name: string
  readonly status: string
  readonly type?: string
}

/** What the engine says about the site. */
export interface Site {
  readonly hosts: Named[]
  readonly storageDomains: Named[]
  readonly vms: { total: number; up: number }
}

/** The user every instance begins with. */
export const ADMIN = 'admin@internal'

/** Calls the oVirt API of an instance as its admin, with the password from its file. */
export class EngineApi {
  readonly #base: string
  readonly #ca: string
  readonly #authorization: string

  private constructor(base: string, ca: string, password: string) {
    this.#base = base
    this.#ca = ca
    this.#authorization = `Basic ${Buffer.from(`${ADMIN}:${password}`).toString('base64')}`
  }

  static async of(p: Paths, s: Settings): Promise<EngineApi> {
    const [ca, password] = await Promise.all([readFile(p.caForUsers, 'utf8'), readFile(p.adminPassword, 'utf8')])
    return new EngineApi(`https://${reach(s.listen, s.port)}/ovirt-engine/api`, ca, password.trimEnd())
  }

  /** GET of a path below the API's root; throws with status and text when it is not 200. */
  async get(path: string): Promise<Record<string, unknown>> {
    return this.#json('GET', path)
  }

  /** POST of an empty action. */
  async act(path: string): Promise<void> {
    await this.#json('POST', path, '{}')
  }

  async #json(method: 'GET' | 'POST', path: string, body?: string): Promise<Record<string, unknown>> {
    const headers = {
      accept: 'application/json',
      authorization: this.#authorization,
      version: '4',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    }
    const answer = await call(`${this.#base}${path}`, {
      ca: this.#ca,
      method,
      headers,
      ...(body === undefined ? {} : { body }),
    })
    if (answer.status >= 300)
      throw new Error(`${method} ${path} was answered with ${answer.status}: ${answer.body.slice(0, 300)}`)
    return JSON.parse(answer.body || '{}') as Record<string, unknown>
  }

  /** Hosts, storage domains with their status in their data center, and how many VMs there are. */
  async site(): Promise<Site> {
    const [root, hosts, centers, domains] = await Promise.all([
      this.get(''),
      this.get('/hosts'),
      this.get('/datacenters'),
      this.get('/storagedomains'),
    ])
    const attached = await Promise.all(
      rows(centers, 'data_center').map(async c =>
        rows(await this.get(`/datacenters/${text(c, 'id')}/storagedomains`), 'storage_domain'),
      ),
    )
    const statusOf = new Map(attached.flat().map(d => [text(d, 'id'), text(d, 'status')]))
    return {
      hosts: rows(hosts, 'host').map(h => ({ name: text(h, 'name'), status: text(h, 'status') })),
      storageDomains: rows(domains, 'storage_domain').map(d => ({
        name: text(d, 'name'),
        type: text(d, 'type'),
        status: statusOf.get(text(d, 'id')) ?? (text(d, 'status') || 'unattached'),
      })),
      vms: vmCounts(root),
    }
  }

  /** Ids and names of the VMs that run. */
  async runningVms(): Promise<{ id: string; name: string; status: string }[]> {
    const vms = rows(await this.get('/vms'), 'vm').map(v => ({
      id: text(v, 'id'),
      name: text(v, 'name'),
      status: text(v, 'status'),
    }))
    return vms.filter(v => v.status !== 'down' && v.status !== 'suspended' && v.status !== 'image_locked')
  }
}

type Row = Record<string, unknown>

/** The list inside a collection; an empty collection has none. */
function rows(answer: Row, element: string): Row[] {
  const list = answer[element]
  return Array.isArray(list) ? (list as Row[]) : []
}

const text = (row: Row, key: string): string => (typeof row[key] === 'string' ? row[key] : '')

function vmCounts(root: Row): { total: number; up: number } {
  const vms = ((root.summary as Row | undefined)?.vms ?? {}) as Row
  return { total: Number(vms.total ?? 0), up: Number(vms.active ?? 0) }
}

/** Statuses that need nobody's attention: all is well, or somebody wanted it so. */
export const fineHost: ReadonlySet<string> = new Set(['up', 'maintenance', 'preparing_for_maintenance'])
export const fineDomain: ReadonlySet<string> = new Set([
  'active',
  'maintenance',
  'preparing_for_maintenance',
  'unattached',
])

/**
 * Whether `up` may say that the site is ready. A site that is set up just now waits until its hosts are up and both domains that the engine
 * makes, data and ISO, are active; later it only waits until everything is as its administrator left it.
 */
export const siteIsReady = (site: Site, hosts: number, first: boolean): boolean =>
  first
    ? site.hosts.filter(h => h.status === 'up').length >= hosts &&
      ['data', 'iso'].every(type => site.storageDomains.some(d => d.type === type)) &&
      site.storageDomains.every(d => d.status === 'active')
    : site.hosts.every(h => fineHost.has(h.status)) && site.storageDomains.every(d => fineDomain.has(d.status))
