import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { type Said, rookery } from './door.ts'
import { type Traces, tracesOf } from './traces.ts'

/** One part as `rookery status --json` shows it. */
export interface PartSaid {
  readonly state: string
  readonly pid?: number
  /** Bytes of memory, what is shared with others counted once. */
  readonly rss?: number
}

/** The parts that can be killed and come back. */
export type PartName = 'engine' | 'agent' | 'database' | 'libvirtd' | 'virtlogd'

/** What a test reads of `rookery status --json`. */
export interface StatusSaid extends Partial<Record<PartName | 'supervisor', PartSaid>> {
  readonly running: boolean
  readonly healthy: boolean
  readonly hosts?: readonly { name: string; status: string }[]
  readonly storageDomains?: readonly { name: string; type: string; status: string }[]
  readonly problems: readonly string[]
  readonly vmsLeftRunning?: number
}

/** What a test reads of `rookery up --json`. */
export interface UpSaid {
  readonly alreadyRunning: boolean
  readonly url: string
  readonly passwordFile: string
}

/** What a test reads of the instance's settings. */
export interface SettingsSaid {
  readonly engineId: string
  readonly agentPort: number
  readonly imagesPort: number
  /** Like `10.7.8.0/24`. */
  readonly subnet: string
}

/** One instance of the product as its administrator has it before him: a data directory, a port, and the commands. */
export class Instance {
  readonly dataDir: string
  readonly port: number
  readonly #env: Record<string, string>

  constructor(o: { dataDir: string; port: number; password?: string }) {
    this.dataDir = o.dataDir
    this.port = o.port
    this.#env = o.password === undefined ? {} : { ROOKERY_ADMIN_PASSWORD: o.password }
  }

  get origin(): string {
    return `https://127.0.0.1:${this.port}`
  }

  command(...words: string[]): Promise<Said> {
    return rookery([...words, '--data-dir', this.dataDir], { env: this.#env })
  }

  /** `up --yes --detach --json`; fails with what it wrote unless it ends with 0. */
  async up(): Promise<UpSaid> {
    const said = await this.command('up', '--yes', '--detach', '--json', '--port', String(this.port))
    assert.equal(said.code, 0, `up ended with ${said.code}:\n${said.stderr}`)
    return JSON.parse(said.stdout) as UpSaid
  }

  /** `down`; fails with what it wrote unless it ends with 0. Gives how many VMs go on. */
  async down(...words: string[]): Promise<number> {
    const said = await this.command('down', '--json', ...words)
    assert.equal(said.code, 0, `down ended with ${said.code}:\n${said.stderr}`)
    return (JSON.parse(said.stdout) as { vmsLeftRunning: number }).vmsLeftRunning
  }

  async status(): Promise<StatusSaid> {
    return JSON.parse((await this.command('status', '--json')).stdout) as StatusSaid
  }

  /** The process of a part that has one. */
  async pid(name: PartName | 'supervisor'): Promise<number> {
    return (await this.status())[name]?.pid ?? assert.fail(`${name} has no process`)
  }

  async settings(): Promise<SettingsSaid> {
    return JSON.parse(await readFile(join(this.dataDir, 'instance.json'), 'utf8')) as SettingsSaid
  }

  /** How the names of its bridges begin. */
  async prefix(): Promise<string> {
    return `rk${(await this.settings()).engineId.slice(0, 6)}`
  }

  async traces(): Promise<Traces> {
    return tracesOf(this.dataDir, await this.prefix())
  }
}

/** A port nobody listens on right now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port is free')),
      )
    })
  })
}
