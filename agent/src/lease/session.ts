import { readFileSync } from 'node:fs'
import { openAreaFile } from './area-file.ts'
import { type AreaOwner, DiskArea } from './disk-area.ts'
import { type Charges, Keeper, type Legacy } from './keeper.ts'

/** Seconds since the boot of this host, sleep included. A clock that stands still in a suspended host would renew what has expired. */
export function bootClock(): number {
  const [seconds] = readFileSync('/proc/uptime', 'latin1').split(' ')
  return Number(seconds)
}

export interface SessionOptions {
  path: string
  storageDomainId: string
  owner: AreaOwner
  charges: Charges
  /** Goes on as this generation's keeper instead of joining; see `DiskArea.resume`. */
  resume?: Pick<Legacy, 'issuedAt' | 'expired' | 'guests' | 'handovers'>
  /** Called every second; `overdue`: the watchdog must not be fed. */
  tick(overdue: boolean): void
  /** Storage errors, and a record of another host in our slot, after which the generation ends. */
  report(trouble: 'io' | 'foreign', detail: unknown): void
}

/** A generation that has joined an area and keeps itself alive there by timers. */
export interface Session {
  readonly keeper: Keeper
  readonly area: DiskArea
  /** Stops renewing; what is held stays held. */
  close(): Promise<void>
}

/**
 * Joins the area and begins to renew.
 * @throws RookeryError as `openAreaFile` and `DiskArea.join`
 */
export async function openSession(options: SessionOptions): Promise<Session> {
  const { file, header } = await openAreaFile(options.path, options.storageDomainId)
  const box: { keeper?: Keeper } = {}
  const area = new DiskArea(file, header, options.owner, (trouble, detail) => {
    if (trouble === 'foreign') box.keeper?.end()
    options.report(trouble, detail)
  })
  let legacy: Legacy | null = null
  try {
    if (options.resume === undefined) await area.join()
    else {
      const { record, entries } = await area.resume()
      legacy = { ...options.resume, counter: record.counter, era: record.era, entries }
    }
  } catch (error) {
    await area.close()
    throw error
  }
  const waiting = new Set<NodeJS.Timeout>()
  const world = {
    area,
    charges: options.charges,
    now: bootClock,
    after(seconds: number, then: () => void) {
      // Node may fire a millisecond early, and this is a lower bound.
      const timer = setTimeout(() => (waiting.delete(timer), then()), seconds * 1000 + 50)
      waiting.add(timer)
    },
  }
  const keeper = new Keeper(options.owner.generation, world, header.times)
  box.keeper = keeper
  if (legacy !== null) keeper.inherit(legacy)
  const every = Math.min(1000, (header.times.kill - header.times.stop) * 100)
  const timers = [
    setInterval(() => keeper.renew(), header.times.renew * 1000),
    setInterval(() => options.tick(keeper.enforce().reset), every),
  ]
  keeper.renew()
  return {
    keeper,
    area,
    async close() {
      for (const timer of [...timers, ...waiting]) clearInterval(timer)
      await area.close()
    },
  }
}
