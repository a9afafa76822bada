import { randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import type { TaskOf, VolumeRef } from '@rookery/protocol'
import { pino } from 'pino'
import type { StorageDeps, StoragePort } from '../storage-port.ts'
import type { StorageKind } from '../tasks/registry.ts'
import { createStorage } from './index.ts'

/** A storage module in a temporary folder with a plain HTTP server for its images; for tests. */
export interface StorageBench {
  readonly dir: string
  readonly storage: StoragePort
  /** Root of the images server. */
  readonly url: string
  /** Does a task without its kind repeated; `signal` cancels it. */
  run<K extends StorageKind>(kind: K, task: Omit<TaskOf<K>, 'kind'>, signal?: AbortSignal): Promise<unknown>
  /** Stops this module and starts another on the same folders, as a restart of the agent does. */
  restart(): Promise<void>
  close(): Promise<void>
}

/** Starts a bench. Everything it makes is gone after `close`, unless it works in a folder that the test gave it. */
export async function storageBench(overrides: Partial<StorageDeps> = {}, folder?: string): Promise<StorageBench> {
  const dir = folder ?? (await mkdtemp(`${tmpdir()}/rookery-storage.`))
  let server: Server | undefined
  let url = ''
  const deps: StorageDeps = {
    dataDir: `${dir}/data`,
    runDir: `${dir}/run`,
    log: pino({ level: process.env.TEST_LOG ?? 'silent' }),
    imagesUrl: () => url,
    qemuOwner: () => null,
    resizeRunning: async () => false,
    imageInTurn: (_, work) => work(),
    reportEveryMs: 100,
    ...overrides,
  }
  await mkdir(deps.dataDir, { recursive: true })
  let storage = createStorage(deps)
  await storage.start()
  // The server's own patience is short, so that tests see whose counts.
  server = createServer({ keepAliveTimeout: 1, keepAliveTimeoutBuffer: 1 }, (req, res) =>
    storage.imagesListener(req, res),
  )
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    dir,
    get storage() {
      return storage
    },
    url,
    run(kind, task, signal = new AbortController().signal) {
      const handler = storage.handlers[kind] as (
        task: unknown,
        ctx: { signal: AbortSignal; progress(percent: number): void; log: StorageDeps['log'] },
      ) => Promise<unknown>
      return handler({ kind, ...task }, { signal, progress: () => {}, log: deps.log })
    },
    async restart() {
      await storage.stop()
      storage = createStorage(deps)
      await storage.start()
    },
    async close() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
      for (const { storageDomainId } of storage.reports())
        await (storage.handlers['storage.disconnect'] as (task: unknown, ctx: unknown) => Promise<unknown>)(
          { kind: 'storage.disconnect', storageDomainId },
          {},
        ).catch(() => {}) // tickets that a failed test left open; their folder goes anyway
      await storage.stop()
      if (folder === undefined) await rm(dir, { recursive: true, force: true })
    },
  }
}

/** Ids of a data domain that a bench has made, connected and attached. */
export interface TestDomain {
  storageDomainId: string
  path: string
  spm: { poolId: string; epoch: number }
}

/** Makes, connects and attaches a domain below the bench's data folder. */
export async function testDomain(bench: StorageBench, type: 'data' | 'iso' = 'data'): Promise<TestDomain> {
  const storageDomainId = randomUUID()
  const path = `${bench.dir}/data/${type}-${storageDomainId.slice(0, 4)}`
  const connection = { type: 'localfs' as const, path }
  const spm = { poolId: randomUUID(), epoch: 1 }
  await bench.run('storage.create', { storageDomainId, connection, type, name: `${type} domain` })
  await bench.run('storage.connect', { storageDomainId, connection })
  await bench.run('storage.attach', {
    storageDomainId,
    spm,
    poolName: 'Default',
    role: type === 'data' ? 'Master' : 'Regular',
    poolDomains: [storageDomainId],
  })
  return { storageDomainId, path, spm }
}

/** Makes a volume and returns its ids. */
export async function testVolume(
  bench: StorageBench,
  domain: TestDomain,
  more: Partial<Omit<TaskOf<'volume.create'>, 'kind'>> = {},
): Promise<VolumeRef> {
  const volume = { storageDomainId: domain.storageDomainId, imageId: randomUUID(), volumeId: randomUUID() }
  await bench.run('volume.create', {
    volume,
    spm: domain.spm,
    diskId: volume.imageId,
    capacity: 8 * 1024 * 1024,
    format: 'raw',
    sparse: true,
    alias: 'disk',
    description: '',
    purpose: 'data',
    ...more,
  })
  return volume
}

/** Opens a ticket for a volume; returns its URL. */
export async function testTicket(
  bench: StorageBench,
  domain: TestDomain,
  volume: VolumeRef,
  more: Partial<Omit<TaskOf<'image.ticket'>, 'kind'>> = {},
): Promise<{ url: string; ticket: string }> {
  const ticket = more.ticket ?? randomUUID()
  const result = await bench.run('image.ticket', {
    volume,
    spm: domain.spm,
    ticket,
    ops: 'write',
    format: 'raw',
    serve: 'volume',
    size: 8 * 1024 * 1024,
    expiresInSeconds: 300,
    inactivityTimeoutSeconds: 60,
    filename: null,
    ...more,
  })
  return { url: (result as { url: string }).url, ticket }
}
