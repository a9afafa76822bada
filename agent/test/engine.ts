/** What an engine does with a host, as far as the agent's tests need it: storage with volumes, guests, and reading the watch. */
import { randomBytes, randomUUID } from 'node:crypto'
import { createReadStream, mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { text } from 'node:stream/consumers'
import { RookeryError } from '@rookery/model'
import type { DomainSpec, NicSpec, RunReport, Task, VolumeRef, WatchLine } from '@rookery/protocol'
import { type AgentHost, until } from './fixture.ts'
import { OwnerWatch } from './owners.ts'

export const MiB = 1024 * 1024

/** An engine of one host. */
export class TestEngine {
  readonly host: AgentHost
  readonly lines: WatchLine[] = []
  readonly #spm = { poolId: randomUUID(), epoch: 1 }
  readonly #storageDomainId = randomUUID()
  #owners: OwnerWatch | null = null
  #ready = false
  #stopped = false

  constructor(host: AgentHost) {
    this.host = host
    void this.#watch()
  }

  /** Does a task and gives its result; asks again while the agent is being restarted. */
  async run(task: Task, id: string = randomUUID()): Promise<unknown> {
    const request = { jobCreatedAt: Date.now(), task }
    const end = await this.host.client.runTask(id, request, { signal: AbortSignal.timeout(240_000) })
    return end.result
  }

  /** A data domain for volumes, made once. */
  async storage(): Promise<void> {
    if (this.#ready) return
    const path = join(this.host.folder, 'storage')
    mkdirSync(path)
    this.#owners = new OwnerWatch(path)
    const storageDomainId = this.#storageDomainId
    const at = { storageDomainId, connection: { type: 'localfs' as const, path } }
    await this.run({ kind: 'storage.create', ...at, type: 'data', name: 'data' })
    await this.run({ kind: 'storage.connect', ...at })
    const pool = { spm: this.#spm, poolName: 'pool', role: 'Master' as const, poolDomains: [storageDomainId] }
    await this.run({ kind: 'storage.attach', storageDomainId, ...pool })
    this.#ready = true
  }

  /** Another host of the same data center reaches the data domain too. */
  async share(other: TestEngine): Promise<void> {
    await this.storage()
    const connection = { type: 'localfs' as const, path: join(this.host.folder, 'storage') }
    await other.run({ kind: 'storage.connect', storageDomainId: this.#storageDomainId, connection })
  }

  /** A volume, with a file's bytes in it when one is given. */
  async volume(format: 'raw' | 'qcow2', capacity: number, file?: string): Promise<VolumeRef> {
    await this.storage()
    const ids = { imageId: randomUUID(), volumeId: randomUUID() }
    const volume = { storageDomainId: this.#storageDomainId, ...ids }
    const about = { alias: 'disk', description: '', sparse: true, diskId: ids.imageId, purpose: 'data' as const }
    await this.run({ kind: 'volume.create', volume, spm: this.#spm, capacity, format, ...about })
    if (file === undefined) return volume
    const ticket = randomUUID()
    const size = statSync(file).size
    const limits = { expiresInSeconds: 600, inactivityTimeoutSeconds: 60, filename: null }
    const what = { volume, spm: this.#spm, ticket, ops: 'write' as const, format, serve: 'volume' as const }
    await this.run({ kind: 'image.ticket', ...what, size: Math.max(size, capacity + 16 * MiB), ...limits })
    const headers = { 'content-length': String(size) }
    const answer = await this.host.client.images(ticket, { method: 'PUT', headers, body: createReadStream(file) })
    const said = await text(answer.body)
    if (answer.status !== 200) throw new Error(`the upload was answered ${answer.status}: ${said}`)
    await this.run({ kind: 'image.ticket.end', ticket })
    await this.run({ kind: 'volume.verify', volume, spm: this.#spm, format, capacity })
    return volume
  }

  /** A guest's specification. */
  spec(change: Partial<DomainSpec> = {}): DomainSpec {
    return {
      runId: randomUUID(),
      vmId: randomUUID(),
      engineId: this.host.engineId,
      name: "O'Brien <web> & 웹",
      memory: 256 * MiB,
      maxMemory: 256 * MiB,
      guaranteedMemory: 128 * MiB,
      ballooning: true,
      cpu: { sockets: 1, cores: 1, threads: 1, model: null },
      machine: 'pc',
      firmware: 'bios',
      boot: ['hd'],
      bootMenu: false,
      disks: [],
      cdrom: { medium: null },
      seed: null,
      nics: [],
      graphics: ['vnc'],
      keyboardLayout: null,
      serialConsole: true,
      clockOffsetSeconds: null,
      startPaused: false,
      restoreFrom: null,
      guestAgentGraceSeconds: 3600,
      ...change,
    }
  }

  /** A bootable disk of a specification. */
  disk(volume: VolumeRef, format: 'raw' | 'qcow2', change: Partial<DomainSpec['disks'][number]> = {}) {
    const flags = { readOnly: false, shareable: false, discard: true, bootable: true }
    return { diskId: volume.imageId, volume, format, interface: 'virtio' as const, ...flags, ...change }
  }

  /** A card of a specification. */
  nic(networkId: string | null, mac: string, change: Partial<NicSpec> = {}): NicSpec {
    return {
      nicId: randomUUID(),
      name: 'nic1',
      mac,
      model: 'virtio',
      networkId,
      linked: true,
      noMacSpoofing: true,
      ...change,
    }
  }

  /** What was last said of a run. */
  report(runId: string): RunReport | null {
    for (const line of this.lines.toReversed()) {
      if (line.type === 'run' && line.run.runId === runId) return line.run
      if (line.type !== 'listing') continue
      const run = line.runs.find(r => r.runId === runId)
      if (run !== undefined) return run
    }
    return null
  }

  /** Waits until a run is reported so. */
  reported(what: string, runId: string, test: (run: RunReport) => boolean): Promise<RunReport> {
    return until(`run ${what}`, () => {
      const run = this.report(runId)
      return run !== null && test(run) ? run : null
    })
  }

  /** Waits for the end of a run and gives its reason. */
  async ended(runId: string): Promise<string> {
    const line = await until(
      'the run to end',
      () => this.lines.find(l => l.type === 'ended' && l.runId === runId) ?? null,
    )
    return line.type === 'ended' ? line.end : ''
  }

  /** Opens a console as a stream. */
  async console(run: { vmId: string; runId: string }, protocol: 'vnc' | 'serial'): Promise<Duplex> {
    const ticket = randomBytes(24).toString('base64url')
    const how = { mode: 'stream' as const, password: null, expiresInSeconds: 120, address: null }
    await this.run({ kind: 'vm.console', vmId: run.vmId, runId: run.runId, protocol, ticket, ...how })
    return await this.host.client.openConsole(ticket)
  }

  /** Files of the storage whose owner is, or for a moment was, not the layout's. */
  strays(): string[] {
    return this.#owners?.strays() ?? []
  }

  stop(): void {
    this.#stopped = true
    this.#owners?.stop()
  }

  async #watch(): Promise<void> {
    while (!this.#stopped) {
      try {
        for await (const line of this.host.client.watch()) this.lines.push(line)
      } catch (error) {
        // The agent is being restarted: the watch is opened again, as an engine does.
        if (!(error instanceof RookeryError) && !String(error).includes('not running')) throw error
      }
      await new Promise(resolve => setTimeout(resolve, 100))
    }
  }
}

/** Collects what a stream says. */
export class Heard {
  text = ''
  readonly stream: Duplex

  constructor(stream: Duplex) {
    this.stream = stream
    stream.on('error', () => {})
    stream.on('data', (bytes: Buffer) => {
      this.text += bytes.toString('latin1')
    })
  }

  /** Waits for a text; gives the line that it stands in. */
  async line(pattern: RegExp): Promise<string> {
    try {
      return await until(`${pattern} on the console`, () => pattern.exec(this.text)?.[0] ?? null, 120_000)
    } catch (error) {
      throw new Error(`heard: ${this.text.slice(-800)}`, { cause: error })
    }
  }
}
