import { type GuestReport, GuestReport as GuestSchema } from '@rookery/protocol'
import { z } from 'zod'
import type { Hypervisor } from './hypervisor.ts'
import type { Observer, TrackedRun } from './observer.ts'

/** Seconds a guest agent has for an answer. */
const patience = 3

const HostName = z.object({ 'host-name': z.string() })
const OsInfo = z.object({
  id: z.string().optional(),
  name: z.string().optional(),
  'pretty-name': z.string().optional(),
  'version-id': z.string().optional(),
  'kernel-release': z.string().optional(),
})
const TimeZone = z.object({ zone: z.string().optional() })
const Interfaces = z.array(
  z.object({
    name: z.string(),
    'hardware-address': z.string().optional(),
    'ip-addresses': z.array(z.object({ 'ip-address': z.string() })).optional(),
  }),
)

/** A guest's cards as they are reported. Loopback is left out, as oVirt does: clients take the first address for the VM's. */
export function reportedNics(interfaces: z.infer<typeof Interfaces>): GuestReport['nics'] {
  const loopback = (address: string) => address.startsWith('127.') || address === '::1'
  const isLoopback = (nic: (typeof interfaces)[number]) =>
    nic.name === 'lo' ||
    (nic['ip-addresses'] !== undefined &&
      nic['ip-addresses'].length > 0 &&
      nic['ip-addresses'].every(a => loopback(a['ip-address'])))
  return interfaces
    .filter(nic => !isLoopback(nic))
    .slice(0, 64)
    .map(nic => ({
      name: nic.name.slice(0, 64),
      mac: nic['hardware-address']?.slice(0, 64).toLowerCase() ?? null,
      addresses: (nic['ip-addresses'] ?? [])
        .map(a => a['ip-address'].slice(0, 64))
        .filter(a => !loopback(a))
        .slice(0, 64),
    }))
}

/**
 * Asks guests how they are: often until one answers for the first time, then now and then. What a guest says is a stranger's word:
 * shapes are checked, lengths and counts are cut.
 */
export class GuestPoller {
  readonly #hypervisor: Hypervisor
  readonly #observer: Observer
  readonly #timing: { guestPingMs: number; guestPollMs: number }
  readonly #busy = new Set<string>()
  readonly #askedAt = new Map<string, number>()
  #timer: NodeJS.Timeout | undefined

  constructor(hypervisor: Hypervisor, observer: Observer, timing: { guestPingMs: number; guestPollMs: number }) {
    this.#hypervisor = hypervisor
    this.#observer = observer
    this.#timing = timing
  }

  start(): void {
    this.#timer = setInterval(() => this.#round(), this.#timing.guestPingMs)
    this.#observer.onRuns(
      () => {},
      run => this.#askedAt.delete(run.runId),
    )
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #round(): void {
    for (const run of this.#observer.all()) {
      const since = Date.now() - (this.#askedAt.get(run.runId) ?? 0)
      const due = !run.answers || !run.facts.up || run.guest === null || since >= this.#timing.guestPollMs
      if (!run.agentConnected || run.facts.paused !== null || run.facts.saving || !due || this.#busy.has(run.runId))
        continue
      this.#busy.add(run.runId)
      this.#ask(run).finally(() => this.#busy.delete(run.runId))
    }
  }

  async #ask(run: TrackedRun): Promise<void> {
    const ask = (command: string) => this.#hypervisor.guest(run.vmId, command, patience)
    const same = () => this.#observer.get(run.vmId) === run
    const bootedAt = run.facts.bootedAt
    if ((await ask('guest-ping')) === null || !same()) return
    // A ping that was asked before a restart says nothing of the boot after it.
    if (run.facts.bootedAt !== bootedAt) return
    this.#observer.heard(run.vmId, null)
    const [name, os, zone, interfaces] = [
      HostName.safeParse(await ask('guest-get-host-name')),
      OsInfo.safeParse(await ask('guest-get-osinfo')),
      TimeZone.safeParse(await ask('guest-get-timezone')),
      Interfaces.safeParse(await ask('guest-network-get-interfaces')),
    ]
    if (!same() || run.facts.bootedAt !== bootedAt) return
    this.#askedAt.set(run.runId, Date.now())
    const cut = (text: string | undefined) => text?.slice(0, 255) ?? null
    const guest: GuestReport = {
      hostname: cut(name.data?.['host-name']),
      osName: cut(os.data?.name ?? os.data?.['pretty-name']),
      osVersion: cut(os.data?.['version-id']),
      kernel: cut(os.data?.['kernel-release']),
      timezone: cut(zone.data?.zone),
      nics: reportedNics(interfaces.data ?? []),
    }
    this.#observer.heard(run.vmId, GuestSchema.parse(guest))
  }
}
