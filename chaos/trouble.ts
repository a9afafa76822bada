import { setTimeout as pause } from 'node:timers/promises'
import { order } from '../lab/src/hosts/power.ts'
import { labPaths } from '../lab/src/hosts/settings.ts'
import type { Host, Lab } from '../lab/src/site/lab.ts'
import type { Dice } from '../faults/plan.ts'
import type { RealSite } from '../faults/real-site.ts'

/** What goes wrong, each as often as it stands here. */
const kinds = [
  'power',
  'power',
  'power',
  'cut from all',
  'cut from all',
  'cut from the engine',
  'cut from a host',
  'agent',
  'agent',
  'libvirtd',
  'qemu',
  'engine',
  'postgres',
] as const
export type Trouble = (typeof kinds)[number]

/** Seconds between two troubles, and that a cut lasts: some are mended before anybody is fenced, some long after. */
const between = [4, 25] as const
const cutFor = [3, 110] as const

/**
 * Kills and cuts hosts of a lab and parts of its engine at random. At least one host is always left alone, so that there is somebody who
 * can fence the others; what is off is switched on again by nobody but the engine.
 */
export class Troublemaker {
  readonly done: Partial<Record<Trouble, number>> = {}
  readonly #lab: Lab
  readonly #site: RealSite
  readonly #dice: Dice
  readonly #stop: AbortSignal
  /** Hosts in trouble, until they are up again. */
  readonly #hurt = new Set<Host>()
  readonly #mending = new Set<Promise<void>>()

  constructor(o: { lab: Lab; site: RealSite; dice: Dice; stop: AbortSignal }) {
    this.#lab = o.lab
    this.#site = o.site
    this.#dice = o.dice
    this.#stop = o.stop
  }

  /** Until it is stopped; then every cut is healed. */
  async run(): Promise<void> {
    while (!this.#stop.aborted) {
      await this.#sleep(this.#dice.int(...between))
      if (this.#stop.aborted) break
      const trouble = this.#dice.pick(kinds)
      if (await this.#make(trouble)) this.done[trouble] = (this.done[trouble] ?? 0) + 1
    }
    await Promise.all(this.#mending)
  }

  async #make(trouble: Trouble): Promise<boolean> {
    if (trouble === 'engine' || trouble === 'postgres' || trouble === 'qemu') return this.#site.kill(trouble)
    const host = this.#dice.pick(this.#lab.hosts as [Host, ...Host[]])
    const other = this.#dice.pick(this.#lab.hosts as [Host, ...Host[]])
    const seconds = this.#dice.int(...cutFor)
    if (this.#hurt.has(host) || this.#hurt.size >= this.#lab.hosts.length - 1) return false
    switch (trouble) {
      case 'power':
        this.#site.note(`power of ${host.name} cut`)
        await this.#order({ do: 'kill', host: host.name })
        this.#hurts(host, 0)
        return true
      case 'agent':
      case 'libvirtd':
        this.#site.note(`${trouble} of ${host.name} killed`)
        return host.programPid(trouble).then(
          async pid => (await host.tryExec('kill', '-KILL', String(pid))).code === 0,
          () => false, // it is just being started
        )
      default: {
        const from = trouble === 'cut from all' ? [] : [trouble === 'cut from the engine' ? 'engine' : other.name]
        if (from[0] === host.name) return false
        this.#site.note(`${host.name} cut off from ${from[0] ?? 'all'} for ${seconds} s`)
        await this.#order({ do: 'partition', host: host.name, from })
        this.#hurts(host, seconds)
        return true
      }
    }
  }

  /** Heals a host after a time, and remembers it until it is up again. */
  #hurts(host: Host, seconds: number): void {
    this.#hurt.add(host)
    const mending = this.#mend(host, seconds).finally(() => this.#mending.delete(mending))
    this.#mending.add(mending)
  }

  async #mend(host: Host, seconds: number): Promise<void> {
    if (seconds > 0) {
      await this.#sleep(seconds)
      await this.#order({ do: 'heal', host: host.name })
      this.#site.note(`${host.name} healed`)
    }
    while (!this.#stop.aborted) {
      const [row] = await this.#site.sql<{ status: string }>`select status from host where id = ${host.id}::uuid`
      // At first it still counts as up.
      if (row?.status === 'up') {
        await this.#sleep(5)
        const [again] = await this.#site.sql<{ status: string }>`select status from host where id = ${host.id}::uuid`
        if (again?.status === 'up') break
      }
      await this.#sleep(1)
    }
    this.#hurt.delete(host)
  }

  #order(request: Parameters<typeof order>[1]): Promise<void> {
    return order(labPaths(this.#lab.instance.dataDir), request)
  }

  async #sleep(seconds: number): Promise<void> {
    await pause(seconds * 1000, undefined, { signal: this.#stop }).catch(() => undefined) // it is over
  }
}
