import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { conflict, RookeryError, unavailable } from '@rookery/model'
import type { LeaseReport } from '@rookery/protocol'
import type { Logger } from 'pino'
import { KeeperClient } from './client.ts'
import { isKept } from './keepers.ts'
import { keeperFiles, keeperFolder } from './places.ts'
import { type KeeperConfig, type KeeperQuestion, KeeperStatus } from './requests.ts'

type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never
type Ask = WithoutId<KeeperQuestion>

/** How long a keeper that joins is waited for, and one that dies between two questions. */
const keeperPatienceMs = 90_000
/** How long one that answers no question is waited for. */
const answerPatienceMs = 60_000
/** The same for a look that is repeated anyway. */
const lookPatienceMs = 3000
/** How long what another host lets go of just now is waited for. */
const heldPatienceMs = 15_000
const againMs = 250

/** An image that one host at a time may write to. */
export interface LeasedImage {
  readonly storageDomainId: string
  readonly imageId: string
}

/** What the agent asks of the keepers of this host. */
export class Leases {
  private readonly o: { dataDir: string; runDir: string; hostId: string; watchdog: boolean; log: Logger }
  private readonly reports = new Map<string, LeaseReport>()

  constructor(o: { dataDir: string; runDir: string; hostId: string; watchdog: boolean; log: Logger }) {
    this.o = o
  }

  /** Whether something keeps keepers running here; without it no domain with a lease can be used. */
  get kept(): boolean {
    return isKept(keeperFolder(this.o.dataDir))
  }

  /** There shall be a keeper of this domain. Said again, it changes nothing. */
  keep(storageDomainId: string, area: string): void {
    const files = keeperFiles(this.o, storageDomainId)
    const config: KeeperConfig = {
      socket: files.socket,
      state: files.state,
      area,
      storageDomainId,
      hostId: this.o.hostId,
      watchdog: this.o.watchdog ? files.watchdog : null,
    }
    mkdirSync(dirname(files.config), { recursive: true, mode: 0o700 })
    mkdirSync(join(this.o.runDir, 'k'), { recursive: true, mode: 0o700 })
    put(files.config, JSON.stringify(config))
  }

  /**
   * There shall be none any more: it leaves the area. One that does not answer ends with the host.
   * @throws RookeryError `conflict` `lease.in_use`
   */
  async leave(storageDomainId: string): Promise<void> {
    const { config } = keeperFiles(this.o, storageDomainId)
    const order = readFileSync(config, { flag: 'a+' })
    // First of all: else it would be started again as soon as it ends.
    rmSync(config, { force: true })
    try {
      await this.once(storageDomainId, { do: 'end' })
    } catch (error) {
      if (error instanceof RookeryError && error.code === 'lease.in_use') {
        if (order.length > 0) put(config, order)
        throw error
      }
      this.o.log.info({ err: error, storageDomainId }, 'the keeper of a storage domain did not answer')
    }
    this.reports.delete(storageDomainId)
  }

  /** Takes an image for this host. What another one lets go of at this moment is waited for. `pid`: who may have it here already. */
  async claim(
    { storageDomainId, imageId }: LeasedImage,
    { timed, pid }: { timed: boolean; pid: number | null },
    signal: AbortSignal,
  ): Promise<void> {
    await this.patiently(storageDomainId, { do: 'claim', resource: imageId, timed, pid }, signal)
  }

  /** The process that uses the image from now on. It must stand still until this has been answered. */
  async start({ storageDomainId, imageId }: LeasedImage, pid: number): Promise<void> {
    await this.ask(storageDomainId, { do: 'start', resource: imageId, pid })
  }

  /** Target of a migration: waits for an image that another host holds. */
  async receive({ storageDomainId, imageId }: LeasedImage): Promise<void> {
    await this.ask(storageDomainId, { do: 'receive', resource: imageId, timed: false })
  }

  /** Target: the process that will use the image is here. */
  async arrived({ storageDomainId, imageId }: LeasedImage, pid: number): Promise<void> {
    await this.once(storageDomainId, { do: 'arrived', resource: imageId, pid })
  }

  /** Target: whether the image was given. */
  async gift({ storageDomainId, imageId }: LeasedImage): Promise<'given' | 'waiting' | 'lost'> {
    const { gift } = await this.once(storageDomainId, { do: 'gift', resource: imageId })
    return gift as 'given' | 'waiting' | 'lost'
  }

  /** Source: to whom the image goes over when its process is gone; null: nobody. */
  async handOver({ storageDomainId, imageId }: LeasedImage, to: string | null): Promise<void> {
    await this.ask(storageDomainId, { do: 'handover', resource: imageId, to })
  }

  /** The process goes on without the image. */
  async left({ storageDomainId, imageId }: LeasedImage): Promise<void> {
    await this.ask(storageDomainId, { do: 'leave', resource: imageId })
  }

  /** Lets go of images that were taken and never used; those that are in use stay. Whatever fails is left to the keeper. */
  async release(images: readonly LeasedImage[]): Promise<void> {
    await Promise.all(
      images.map(({ storageDomainId, imageId }) =>
        this.once(storageDomainId, { do: 'release', resource: imageId }).catch((error: unknown) =>
          this.o.log.info({ err: error, imageId }, 'an image was not let go of'),
        ),
      ),
    )
  }

  /** After the end of a process: answers when what it used is free for others. Whatever fails is left to the keeper. */
  async settle(images: readonly LeasedImage[]): Promise<void> {
    const domains = Map.groupBy(images, image => image.storageDomainId)
    await Promise.all(
      [...domains].map(([storageDomainId, of]) =>
        this.once(storageDomainId, { do: 'settle', resources: of.map(image => image.imageId) }).catch(
          (error: unknown) => this.o.log.info({ err: error, storageDomainId }, 'a keeper did not answer'),
        ),
      ),
    )
  }

  async status(storageDomainId: string, patienceMs = answerPatienceMs): Promise<KeeperStatus> {
    return KeeperStatus.parse(await this.once(storageDomainId, { do: 'status' }, patienceMs))
  }

  /** What is told of the lease on a domain, as it was looked at last. */
  report(storageDomainId: string): LeaseReport {
    return this.reports.get(storageDomainId) ?? { state: 'away', age: null, watchdog: this.o.watchdog, others: [] }
  }

  /** Asks the keeper for what is told of it. */
  async look(storageDomainId: string): Promise<void> {
    const report = await this.status(storageDomainId, lookPatienceMs).then(
      ({ valid, expired, age, watchdog, others }): LeaseReport => ({
        state: valid ? 'valid' : expired ? 'expired' : 'ended',
        age,
        watchdog,
        others: others.map(({ hostId, unmoved, looksDead, dead }) => ({ hostUuid: hostId, unmoved, looksDead, dead })),
      }),
      () => ({ state: 'away' as const, age: null, watchdog: this.o.watchdog, others: [] }),
    )
    this.reports.set(storageDomainId, report)
  }

  /** Asks again while the keeper is not there yet, or just away. */
  async ask(storageDomainId: string, request: Ask, signal?: AbortSignal): Promise<Record<string, unknown>> {
    for (const deadline = Date.now() + keeperPatienceMs; ; ) {
      try {
        return await this.once(storageDomainId, request)
      } catch (error) {
        const away = error instanceof RookeryError && error.code === 'lease.no_keeper'
        if (!away || Date.now() >= deadline || !this.kept) throw error
        await delay(againMs, undefined, signal === undefined ? {} : { signal })
      }
    }
  }

  /** Asks again while somebody holds it who may be about to let go, and while two are in each other's way. */
  private async patiently(
    storageDomainId: string,
    request: Ask,
    signal: AbortSignal,
  ): Promise<Record<string, unknown>> {
    for (const deadline = Date.now() + heldPatienceMs; ; ) {
      try {
        return await this.ask(storageDomainId, request, signal)
      } catch (error) {
        const code = error instanceof RookeryError ? error.code : ''
        if ((code !== 'lease.held' && code !== 'lease.not_now') || Date.now() >= deadline) throw error
        await delay(againMs * (1 + Math.random()), undefined, { signal })
      }
    }
  }

  private async once(
    storageDomainId: string,
    request: Ask,
    patienceMs = answerPatienceMs,
  ): Promise<Record<string, unknown>> {
    const client = await KeeperClient.connect(keeperFiles(this.o, storageDomainId).socket)
    const timer = setTimeout(() => client.close(), patienceMs)
    try {
      return await client.ask(request)
    } finally {
      clearTimeout(timer)
      client.close()
    }
  }

  /** @throws RookeryError `unavailable` `lease.no_keepers` */
  mustBeKept(): void {
    if (this.kept) return
    throw unavailable(
      'lease.no_keepers',
      'This storage domain has storage leases, and nothing on this host keeps them: the program "keepers" of the agent does not run.',
    )
  }
}

/** A reader finds the old content or the new one. */
function put(file: string, content: string | Buffer): void {
  writeFileSync(`${file}.new`, content, { mode: 0o600 })
  renameSync(`${file}.new`, file)
}

/** The image that a file of a storage domain belongs to; null for any other file. */
export function imageOfFile(file: string): LeasedImage | null {
  const found = /\/([0-9a-f-]{36})\/images\/([0-9a-f-]{36})\/[0-9a-f-]{36}$/.exec(file)
  const [, storageDomainId, imageId] = found ?? []
  return storageDomainId === undefined || imageId === undefined ? null : { storageDomainId, imageId }
}

/** A lease that is asked about where there is none. */
export const noLease = (storageDomainId: string) =>
  conflict('lease.none', `Storage domain ${storageDomainId} has no storage leases, or is not connected on this host.`)
