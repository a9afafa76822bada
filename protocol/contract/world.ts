import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { RookeryError } from '@rookery/model'
import { AgentClient, type FinishedTask } from '../src/client.ts'
import type { DomainSpec, RunReport, Task, TaskRequest, TaskState, VolumeRef, WatchLine } from '../src/index.ts'
import type { ContractGuest, ContractTarget } from './target.ts'

const GiB = 1024 ** 3

/** Waits for a state. Throws with the name of what did not come. */
export async function until<T>(what: string, look: () => T | Promise<T>, ms = 60_000): Promise<NonNullable<T>> {
  const deadline = Date.now() + ms
  for (;;) {
    const found = await look()
    if (found !== undefined && found !== null && found !== false) return found as NonNullable<T>
    if (Date.now() > deadline) throw new Error(`waited ${ms} ms for ${what}`)
    await pause(25)
  }
}

/** A body of `PUT /v1/tasks/{id}` for a job of now. */
export const request = (task: Task, jobCreatedAt = Date.now()): TaskRequest => ({ jobCreatedAt, task })

/** Matches a RookeryError of a kind, and of a code when one is given: for `assert.rejects`. */
export function refusal(kind: string, code?: string): (error: unknown) => boolean {
  return error => {
    assert.ok(error instanceof RookeryError, `not a RookeryError: ${String(error)}`)
    assert.deepEqual({ kind: error.kind, code: code && error.code }, { kind, code })
    return true
  }
}

/** Everything that the tests of one suite share: the target, a client, a watch, a pool with a data domain. */
export class World {
  readonly target: ContractTarget
  readonly poolId = randomUUID()
  readonly storageDomainId = randomUUID()
  epoch = 1
  readonly lines: WatchLine[] = []
  client: AgentClient
  #path: string | undefined
  #watching: Promise<void> | undefined
  #stop = new AbortController()
  #clients: AgentClient[] = []

  constructor(target: ContractTarget) {
    this.target = target
    this.client = this.connect()
  }

  get patience(): number {
    return this.target.patienceMs ?? 60_000
  }

  get guest(): ContractGuest {
    assert.ok(this.target.guest, 'the target says nothing of guests')
    return this.target.guest
  }

  get spm(): { poolId: string; epoch: number } {
    return { poolId: this.poolId, epoch: this.epoch }
  }

  /** Another client; closed with the world. */
  connect(tls = this.target.tls): AgentClient {
    const client = new AgentClient({ url: this.target.url, tls })
    this.#clients.push(client)
    return client
  }

  /** Does a task under a new id and gives its result. */
  async run(task: Task, id: string = randomUUID()): Promise<unknown> {
    return (await this.end(task, id)).result
  }

  /** Does a task under a new id and gives its end. */
  end(task: Task, id: string = randomUUID()): Promise<FinishedTask> {
    return this.client.runTask(id, request(task), { signal: AbortSignal.timeout(this.patience * 2) })
  }

  /** Does a task twice, under two ids: every task is idempotent by effect. */
  async twice(task: Task): Promise<unknown> {
    await this.run(task)
    return this.run(task)
  }

  /** A data domain, created, connected and attached, once for the whole suite. */
  async storage(): Promise<string> {
    if (this.#path !== undefined) return this.#path
    const path = await this.target.makePath('contract-data')
    const { storageDomainId } = this
    const at = { storageDomainId, connection: { type: 'localfs' as const, path } }
    await this.run({ kind: 'storage.create', ...at, type: 'data', name: 'contract' })
    await this.run({ kind: 'storage.connect', ...at })
    const pool = { spm: this.spm, poolName: 'contract', role: 'Master' as const, poolDomains: [storageDomainId] }
    await this.run({ kind: 'storage.attach', storageDomainId, ...pool })
    this.#path = path
    return path
  }

  newVolume(): VolumeRef {
    return { storageDomainId: this.storageDomainId, imageId: randomUUID(), volumeId: randomUUID() }
  }

  /** Makes a volume on the data domain. */
  async volume(
    options: { capacity?: number; format?: 'raw' | 'qcow2'; purpose?: 'data' | 'memory' } = {},
  ): Promise<VolumeRef> {
    await this.storage()
    const volume = this.newVolume()
    await this.run(this.volumeCreate(volume, options))
    return volume
  }

  volumeCreate(
    volume: VolumeRef,
    options: { capacity?: number; format?: 'raw' | 'qcow2'; purpose?: 'data' | 'memory' } = {},
  ): Extract<Task, { kind: 'volume.create' }> {
    const { capacity = 64 * 1024 * 1024, format = 'raw', purpose = 'data' } = options
    const about = { alias: 'contract disk', description: '', sparse: true, diskId: volume.imageId }
    return { kind: 'volume.create', volume, spm: this.spm, capacity, format, purpose, ...about }
  }

  async removeImage(volume: VolumeRef): Promise<void> {
    const { storageDomainId, imageId } = volume
    await this.run({ kind: 'image.remove', storageDomainId, imageId, spm: this.spm, wipe: false })
  }

  /** A specification with one disk and no cards. */
  spec(volume: VolumeRef, format: 'raw' | 'qcow2', change: Partial<DomainSpec> = {}): DomainSpec {
    const { memory, machine, guestAgentGraceSeconds } = this.guest
    const vmId = change.vmId ?? randomUUID()
    return {
      runId: randomUUID(),
      vmId,
      engineId: randomUUID(),
      name: `contract-${vmId.slice(0, 8)}`,
      memory,
      maxMemory: memory,
      guaranteedMemory: memory,
      ballooning: false,
      cpu: { sockets: 1, cores: 1, threads: 1, model: null },
      machine,
      firmware: 'bios',
      boot: ['hd'],
      bootMenu: false,
      disks: [
        {
          diskId: volume.imageId,
          volume,
          format,
          interface: 'virtio',
          readOnly: false,
          shareable: false,
          discard: false,
          bootable: true,
        },
      ],
      cdrom: { medium: null },
      seed: null,
      nics: [],
      graphics: ['vnc'],
      keyboardLayout: null,
      serialConsole: true,
      clockOffsetSeconds: null,
      startPaused: false,
      restoreFrom: null,
      guestAgentGraceSeconds,
      ...change,
    }
  }

  /** Begins to collect the host's watch, if it is not being collected. */
  watch(): void {
    if (this.#watching !== undefined) return
    const client = this.connect()
    const read = async () => {
      while (!this.#stop.signal.aborted) {
        try {
          for await (const line of client.watch({ signal: this.#stop.signal })) this.lines.push(line)
        } catch (error) {
          // A restart breaks the stream: it is read again, as an engine does.
          if (!(error instanceof RookeryError) || error.kind !== 'unavailable') throw error
          await pause(100)
        }
      }
    }
    this.#watching = read()
  }

  /** What was last said of a run. */
  lastReport(runId: string): RunReport | undefined {
    for (const line of this.lines.toReversed()) {
      if (line.type === 'run' && line.run.runId === runId) return line.run
      if (line.type === 'listing') {
        const run = line.runs.find(r => r.runId === runId)
        if (run !== undefined) return run
      }
    }
    return undefined
  }

  /** Waits until the host reports a status. */
  status(runId: string, status: RunReport['status']): Promise<RunReport> {
    this.watch()
    const look = () => {
      const run = this.lastReport(runId)
      return run?.status === status ? run : undefined
    }
    return until(`run ${runId} to be ${status}`, look, this.patience)
  }

  /** Waits until the host reports that a run ended, and how. */
  ended(runId: string): Promise<string> {
    this.watch()
    const look = () => this.lines.find(line => line.type === 'ended' && line.runId === runId)
    return until(`the end of run ${runId}`, look, this.patience).then(line => (line.type === 'ended' ? line.end : ''))
  }

  /** Waits until a task is no longer running. */
  settled(id: string): Promise<TaskState> {
    const look = async () => {
      const state = await this.client.task(id, 1)
      return state.state === 'running' ? undefined : state
    }
    return until(`the end of task ${id}`, look, this.patience)
  }

  async close(): Promise<void> {
    this.#stop.abort()
    try {
      await this.#watching
    } finally {
      await Promise.all(this.#clients.map(c => c.close()))
      await this.target.close()
    }
  }
}

export const MiB = GiB / 1024
