import type { RealSite } from '../faults/real-site.ts'
import { processesOf } from '../lab/src/site/traces.ts'

/** A guest may be there twice for as long as it moves, and for so long (ms) until the host that it left has taken away what is left of it. */
const leavingMs = 20_000
const everyMs = 1000

/** QEMU processes of an instance with its lab, by VM. */
export async function copiesOf(site: RealSite): Promise<Map<string, number[]>> {
  const found = new Map<string, number[]>()
  for (const { pid, args } of await processesOf(site.instance.dataDir)) {
    const vm = /^\S*\/qemu-system-\S+ .*-uuid ([0-9a-f-]{36})/.exec(args)?.[1]
    if (vm !== undefined) found.set(vm, [...(found.get(vm) ?? []), pid])
  }
  return found
}

/** Looks all the time whether a VM has two processes that no migration explains. */
export class CopyWatch {
  readonly twice: string[] = []
  readonly #site: RealSite
  /** Pairs that were seen, and since when without a migration under way. */
  readonly #since = new Map<string, number>()
  readonly #stop: AbortSignal
  #most = 0

  constructor(site: RealSite, stop: AbortSignal) {
    this.#site = site
    this.#stop = stop
  }

  /** The most QEMU processes that were there at once. */
  get most(): number {
    return this.#most
  }

  async run(): Promise<void> {
    while (!this.#stop.aborted) {
      await this.#look()
      await new Promise(resolve => setTimeout(resolve, everyMs))
    }
  }

  async #look(): Promise<void> {
    const copies = await copiesOf(this.#site)
    this.#most = Math.max(this.#most, [...copies.values()].flat().length)
    const pairs = [...copies].filter(([, pids]) => pids.length > 1)
    const seen = new Set<string>()
    for (const [vm, pids] of pairs) {
      const moving = await this.#site.sql`select 1 from vm_run where vm_id = ${vm}::uuid and incoming
        union all select 1 from job_lock l join job j on j.id = l.job_id
          where l.kind = 'vm' and l.entity_id = ${vm}::uuid and j.kind in ('vm.migrate', 'vm.settle_migration')`
      const key = `${vm} ${pids.toSorted((a, b) => a - b).join(' ')}`
      if (moving.length > 0) continue
      seen.add(key)
      const since = this.#since.get(key) ?? Date.now()
      this.#since.set(key, since)
      if (Date.now() - since > leavingMs && !this.twice.includes(key)) {
        this.#site.note(`VM ${key} runs twice`)
        this.twice.push(key)
      }
    }
    for (const key of this.#since.keys()) if (!seen.has(key)) this.#since.delete(key)
  }
}
