import { MiB } from '@rookery/model'
import type { Dice } from './plan.ts'
import type { Sql } from '../engine/src/db/index.ts'

/** What the engine answered: a document, a refusal, or nothing that tells what became of it. */
export type Answer =
  | { kind: 'done'; result: Record<string, unknown> }
  | { kind: 'refused'; code: string }
  | { kind: 'unknown' }

/** What a worker needs of a site. */
export interface WorkSite {
  /** Reads the database past the engines, also while it comes and goes. */
  sql<R>(strings: TemplateStringsArray, ...values: Parameters<Sql>[1][]): Promise<R[]>
  ask(kind: 'op' | 'query', name: string, input: object): Promise<Answer>
  /** Writes an image through a transfer's URL; false when that was not acknowledged. */
  put(url: string, bytes: Buffer): Promise<boolean>
}

/** How VMs behave here. Those without a system never answer, and do not hear the power button. */
export interface Habits {
  /** Statuses that count as running. */
  running: string[]
  ends: readonly [string, ...string[]]
  things: readonly [string, ...string[]]
  /** How likely a VM stays until the end of the round. */
  stays: number
  memory: number
  patienceMs: number
  /** How likely a VM is highly available. */
  highlyAvailable?: number
  /** A worker that has so many VMs ends its oldest before it makes another. */
  most?: number
}

/** Guests that a simulator pretends have a system. */
export const pretendedHabits: Habits = {
  running: ['up'],
  ends: ['vm.stop', 'vm.shutdown'],
  things: ['suspend', 'console', 'card', 'reboot', 'upload'],
  stays: 0.25,
  memory: 64 * MiB,
  patienceMs: 20_000,
}

/** Real guests with an empty disk: they stand in their firmware. */
export const emptyGuestHabits: Habits = {
  running: ['up', 'powering_up'],
  ends: ['vm.stop'],
  things: ['suspend', 'console', 'card', 'upload'],
  stays: 0.2,
  memory: 64 * MiB,
  patienceMs: 60_000,
}

/** The same on several hosts that die: everything takes longer, VMs move, and some come back by themselves. */
export const labHabits: Habits = {
  ...emptyGuestHabits,
  things: ['suspend', 'console', 'card', 'upload', 'migrate', 'migrate', 'migrate'],
  stays: 0.3,
  highlyAvailable: 0.5,
  most: 6,
}

/** What was acknowledged about one entity, and what was asked of it since. */
export interface Promised {
  readonly kind: 'vm' | 'disk'
  readonly id: string
  readonly name: string
  /** Its making was acknowledged and seen to be finished: it must be there until its removal is asked for. */
  made: boolean
  removal: 'none' | 'asked' | 'acknowledged'
  /** The run that was seen up, while nobody asked for its end. */
  run: string | null
  /** It is started again by itself. */
  highlyAvailable?: boolean
}

/** How long a worker waits for a state when the round is over. */
const lastPatienceMs = 8000

/**
 * One person at work: makes disks and VMs, starts, stops, suspends and removes them, plugs cards, takes console tickets, uploads. It knows
 * of nothing but answers; what came of an unanswered request it finds out by looking.
 */
export class Worker {
  readonly promised: Promised[] = []
  readonly done: Record<string, number> = {}
  readonly #site: WorkSite
  readonly #habits: Habits
  readonly #dice: Dice
  readonly #name: string
  readonly #stop: AbortSignal
  readonly #place: { clusterId: string; storageDomainId: string } | undefined
  #count = 0

  /** `place`: where it makes what it makes; else in the oldest cluster and on the master domain. */
  constructor(o: {
    site: WorkSite
    dice: Dice
    name: string
    stop: AbortSignal
    habits?: Habits
    place?: { clusterId: string; storageDomainId: string }
  }) {
    this.#place = o.place
    this.#site = o.site
    this.#habits = o.habits ?? pretendedHabits
    this.#dice = o.dice
    this.#name = o.name
    this.#stop = o.stop
  }

  /** How many requests were answered well. */
  answers = 0

  async run(): Promise<void> {
    while (!this.#stop.aborted) await this.#life()
  }

  /** The life of one VM with its disk. Whatever is refused or lost ends it early; what it leaves is looked at in the end. */
  async #life(): Promise<void> {
    const { most = Number.POSITIVE_INFINITY, highlyAvailable = 0 } = this.#habits
    const mine = this.promised.filter(p => p.kind === 'vm' && p.made && p.removal === 'none')
    const [oldest] = mine
    if (oldest !== undefined && mine.length >= most) return this.#end(oldest)
    const name = `${this.#name}-${++this.#count}`
    const place = await this.#where()
    if (place === undefined) return
    const disk = await this.#made('disk', name, 'disk.add', {
      capacity: MiB,
      format: 'raw',
      sparse: true,
      storageDomainId: place.storageDomainId,
      alias: name,
    })
    if (disk === undefined) return
    if (this.#dice.next() < 0.4) await this.#upload(disk)
    const again = highlyAvailable > 0 && this.#dice.next() < highlyAvailable
    const vm = await this.#made('vm', name, 'vm.add', {
      name,
      clusterId: place.clusterId,
      config: { memory: this.#habits.memory, ...(again ? { highAvailability: { enabled: true } } : {}) },
      disks: [{ diskId: disk.id, bootable: true, active: true }],
    })
    if (vm === undefined) return
    vm.highlyAvailable = again
    await this.#op('nic.add', { vmId: vm.id, name: 'nic1' })
    if (!(await this.#started(vm))) return
    for (let i = this.#dice.int(0, 2); i > 0 && !this.#stop.aborted; i--) await this.#something(vm)
    // Some stay: they must still run at the end of the round.
    if (this.#dice.next() < this.#habits.stays) return
    await this.#end(vm)
  }

  /** Takes a VM away, with its disk, which has its name. */
  async #end(vm: Promised): Promise<void> {
    vm.run = null
    await this.#op(this.#dice.pick(this.#habits.ends), { id: vm.id })
    if (!(await this.#untilStatus(vm.id, ['down']))) return
    const gone = [vm, ...this.promised.filter(p => p.kind === 'disk' && p.name === vm.name)]
    for (const p of gone) p.removal = 'asked'
    const answer = await this.#op('vm.remove', { id: vm.id })
    if (answer.kind === 'done' && (await this.#jobEnded(answer)) === 'finished')
      for (const p of gone) p.removal = 'acknowledged'
  }

  async #where(): Promise<{ clusterId: string; storageDomainId: string } | undefined> {
    if (this.#place !== undefined) return this.#place
    const { sql } = this.#site
    const [cluster] = await sql<{ id: string }>`select id from cluster order by created_at limit 1`
    const [domain] = await sql<{ id: string }>`select id from storage_domain where type = 'data' and master`
    return cluster === undefined || domain === undefined
      ? undefined
      : { clusterId: cluster.id, storageDomainId: domain.id }
  }

  async #something(vm: Promised): Promise<void> {
    switch (this.#dice.pick(this.#habits.things)) {
      case 'suspend': {
        vm.run = null
        const asked = await this.#op('vm.suspend', { id: vm.id })
        if (asked.kind === 'done') await this.#jobEnded(asked)
        if (await this.#untilStatus(vm.id, ['suspended'])) await this.#started(vm)
        return
      }
      case 'console':
        return void (await this.#op('console.ticket', {
          vmId: vm.id,
          mode: this.#dice.pick(['stream', 'listen']),
          protocol: 'vnc',
          expiresInSeconds: 5,
        }))
      case 'card':
        return void (await this.#op('nic.add', { vmId: vm.id, name: `nic${this.#dice.int(2, 9)}` }))
      case 'reboot':
        return void (await this.#op('vm.reboot', { id: vm.id }))
      case 'migrate': {
        const asked = await this.#op('vm.migrate', { id: vm.id })
        return void (asked.kind === 'done' && (await this.#jobEnded(asked)))
      }
      case 'upload': {
        const place = await this.#where()
        const name = `${vm.name}-up-${this.#dice.int(0, 1e6)}`
        const input = {
          capacity: MiB,
          format: 'raw',
          sparse: true,
          storageDomainId: place?.storageDomainId,
          alias: name,
        }
        const disk = await this.#made('disk', name, 'disk.add', input)
        if (disk !== undefined) await this.#upload(disk)
      }
    }
  }

  /** An upload that ends, however it ends: with its bytes, cancelled, or by the engine's own clock. Only the first leaves the disk. */
  async #upload(disk: Promised): Promise<void> {
    disk.removal = 'asked'
    const added = await this.#op('imageTransfer.add', {
      diskId: disk.id,
      direction: 'upload',
      inactivityTimeout: 5,
      timeoutPolicy: 'cancel',
    })
    if (added.kind !== 'done') return
    const id = String(added.result.id)
    const open = await this.#until(async () => {
      const [row] = await this.#site.sql<{ phase: string; url: string | null; endedAt: Date | null }>`
        select phase, url, ended_at from image_transfer where id = ${id}::uuid`
      return row?.phase === 'transferring' || row?.endedAt !== null ? row : undefined
    })
    if (open?.url == null) return
    const whole = await this.#site.put(open.url, Buffer.alloc(64 * 1024, 1))
    await this.#op(whole && this.#dice.next() < 0.7 ? 'imageTransfer.finalize' : 'imageTransfer.cancel', { id })
    await this.#until(async () => {
      const [row] = await this.#site.sql<{
        endedAt: Date | null
      }>`select ended_at from image_transfer where id = ${id}::uuid`
      return row?.endedAt !== null
    })
    const [row] = await this.#site.sql<{ phase: string }>`select phase from image_transfer where id = ${id}::uuid`
    if (row?.phase === 'finished_success') disk.removal = 'none'
  }

  async #started(vm: Promised): Promise<boolean> {
    await this.#op('vm.start', { id: vm.id })
    const up = await this.#untilStatus(vm.id, this.#habits.running)
    if (!up) return false
    const [row] = await this.#site.sql<{ id: string }>`select id from vm_run where vm_id = ${vm.id}::uuid`
    vm.run = row?.id ?? null
    return vm.run !== null
  }

  /** Asks for a thing until it is there, and remembers what was promised about it. */
  async #made(kind: Promised['kind'], name: string, operation: string, input: object): Promise<Promised | undefined> {
    const answer = await this.#op(operation, input)
    if (answer.kind !== 'done') return undefined
    const promised: Promised = { kind, id: String(answer.result.id), name, made: false, removal: 'none', run: null }
    this.promised.push(promised)
    promised.made = (await this.#jobEnded(answer)) === 'finished'
    return promised.made ? promised : undefined
  }

  /** How the job of an answer ended; `finished` for an answer without one, undefined when it does not end in time. */
  async #jobEnded(answer: Answer): Promise<string | undefined> {
    const jobId = answer.kind === 'done' ? answer.result.jobId : undefined
    if (typeof jobId !== 'string') return 'finished'
    return this.#until(async () => {
      const [row] = await this.#site.sql<{ status: string; endedAt: Date | null }>`
        select status, ended_at from job where id = ${jobId}::uuid`
      return row?.endedAt == null ? undefined : row.status
    })
  }

  #untilStatus(vmId: string, wanted: string[]): Promise<true | undefined> {
    return this.#until(async () => {
      const [row] = await this.#site.sql<{ status: string }>`select status from vm_view where id = ${vmId}::uuid`
      return wanted.includes(row?.status ?? 'gone') || undefined
    })
  }

  async #op(name: string, input: object): Promise<Answer> {
    const answer = await this.#site.ask('op', name, input)
    if (answer.kind === 'done') this.answers++
    // Nobody asks a door that does not open as fast as he can.
    else if (answer.kind === 'unknown') await new Promise(resolve => setTimeout(resolve, 100))
    this.done[`${name} ${answer.kind}`] = (this.done[`${name} ${answer.kind}`] ?? 0) + 1
    return answer
  }

  /** Undefined when it does not come in time. */
  async #until<T>(look: () => Promise<T | undefined>): Promise<T | undefined> {
    const began = Date.now()
    // When the round is over nobody waits long any more: what becomes of it is looked at when everything is quiet.
    const patience = () => (this.#stop.aborted ? lastPatienceMs : this.#habits.patienceMs)
    while (Date.now() - began < patience()) {
      const found = await look()
      if (found !== undefined && found !== false) return found
      await new Promise(resolve => setTimeout(resolve, 40))
    }
    return undefined
  }
}
