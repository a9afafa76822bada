import type { GuestReport, RunEnd, RunReport } from '@rookery/protocol'
import type { Logger } from 'pino'
import type { WatchHub } from '../watch/hub.ts'
import type { Hypervisor } from './hypervisor.ts'
import { type LiveDomain, readLive } from './live.ts'
import {
  elapse,
  freshRun,
  isMoving,
  pauseReason,
  type RunFacts,
  rebooted,
  resumed,
  settledHere,
  statusOf,
} from './status.ts'

/** A run that is on this host. */
export interface TrackedRun {
  readonly vmId: string
  readonly runId: string
  live: LiveDomain
  facts: RunFacts
  /** The guest agent holds its end of the channel. */
  agentConnected: boolean
  /** It has answered since. */
  answers: boolean
  guest: GuestReport | null
}

interface Parts {
  readonly hypervisor: Hypervisor
  readonly hub: WatchHub
  readonly engineId: string
  readonly log: Logger
  readonly now?: () => number
}

const tickMs = 500
/** How long (ms) the event with the reason is waited for when a domain is found to be gone; libvirt may tell it after the domain went. */
const reasonMs = 1000
const ends: Record<string, RunEnd> = {
  shutdown: 'shutdown',
  destroyed: 'destroyed',
  crashed: 'crashed',
  migrated: 'migrated',
  saved: 'saved',
  failed: 'failed',
}

/**
 * Turns libvirt's events into reports. Events are hints with a reason in them; what is, is asked of libvirt each time, so that a late
 * or lost event tells nothing wrong. While libvirt is away everything stays as it was last seen: its guests go on without it.
 * Domains whose metadata does not name this engine do not exist here.
 */
export class Observer {
  /** VMs that stand still only until they are allowed to run: that is no pause. */
  readonly starting = new Set<string>()
  /** VMs that come from another host and stand still until it has given their images away. */
  readonly coming = new Set<string>()
  readonly #parts: Parts
  readonly #runs = new Map<string, TrackedRun>()
  readonly #chains = new Map<string, Promise<void>>()
  readonly #onBegin = new Set<(run: TrackedRun) => void>()
  readonly #onEnd = new Set<(run: TrackedRun) => void>()
  #timer: NodeJS.Timeout | undefined

  constructor(parts: Parts) {
    this.#parts = parts
    const { hypervisor } = parts
    hypervisor.onUp(() => void this.#resync())
    hypervisor.on('lifecycle', ({ domain, event, detail }) => this.#look(domain.uuid, event, detail))
    hypervisor.on('reboot', ({ domain }) => {
      const run = this.#runs.get(domain.uuid)
      if (run !== undefined) silent(run)
      this.change(domain.uuid, f => rebooted(f, this.#now()))
    })
    hypervisor.on('ioError', ({ domain, action, reason }) => {
      if (action === 'pause')
        this.change(domain.uuid, f => ({ ...f, paused: reason === 'enospc' ? 'no_space' : 'io_error' }))
    })
    hypervisor.on('agentLifecycle', ({ domain, state }) => {
      const run = this.#runs.get(domain.uuid)
      if (run === undefined) return
      run.agentConnected = state === 'connected'
      if (!run.agentConnected) silent(run)
      this.#report(run)
    })
  }

  /** Starts the clock of grace and restarts. */
  start(): void {
    this.#timer = setInterval(() => {
      for (const run of this.#runs.values()) this.change(run.vmId, f => f)
    }, tickMs)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** Called for each run that is found or begins, and for each that ended. */
  onRuns(begin: (run: TrackedRun) => void, end: (run: TrackedRun) => void): void {
    this.#onBegin.add(begin)
    this.#onEnd.add(end)
  }

  /** The run of a VM on this host. */
  get(vmId: string): TrackedRun | undefined {
    return this.#runs.get(vmId)
  }

  /** Every run on this host. */
  all(): TrackedRun[] {
    return [...this.#runs.values()]
  }

  /** Changes what is known of a VM's run and reports it. */
  change(vmId: string, fn: (facts: RunFacts) => RunFacts): void {
    const run = this.#runs.get(vmId)
    if (run === undefined) return
    run.facts = elapse(fn(run.facts), this.#now())
    this.#report(run)
  }

  /** What the guest says of itself; hearing it at all makes the run `up`. */
  heard(vmId: string, guest: GuestReport | null): void {
    const run = this.#runs.get(vmId)
    if (run === undefined) return
    run.answers = true
    if (guest !== null) run.guest = guest
    this.change(vmId, f => (f.rebootingSince === null ? { ...f, up: true } : f))
  }

  /** Looks at a VM's domain now and takes it in; resolves with its run, or null when it is not there or not ours. */
  adopt(vmId: string): Promise<TrackedRun | null> {
    return this.#inTurn(vmId, async () => {
      await this.#refresh(vmId, null, true)
      return this.#runs.get(vmId) ?? null
    })
  }

  /** Whether libvirt has a domain of this engine now. Throws `unavailable` while libvirt is away. */
  async anyDomain(): Promise<boolean> {
    const { hypervisor, engineId } = this.#parts
    await hypervisor.whenUp(0)
    for (const vmId of await hypervisor.vmIds()) {
      const xml = await hypervisor.xml(vmId)
      if (xml !== null && readLive(xml)?.metadata.engineId === engineId) return true
    }
    return false
  }

  /** A task ended the run: told at once, and a late event about it finds nothing. */
  ended(vmId: string, runId: string, end: RunEnd, detail: string | null = null): void {
    const run = this.#runs.get(vmId)
    if (run === undefined || run.runId !== runId) return
    this.#runs.delete(vmId)
    this.#parts.hub.end(runId, end, detail)
    for (const callback of this.#onEnd) callback(run)
  }

  #now(): number {
    return (this.#parts.now ?? Date.now)()
  }

  #look(vmId: string, event: string, detail: string): void {
    this.#inTurn(vmId, async () => {
      if (event === 'shutdown')
        return this.change(vmId, f => ({ ...f, poweringDownSince: f.poweringDownSince ?? this.#now() }))
      // A guest that panicked is told of before its domain stops, and may be gone by the time of this look.
      const end = event === 'stopped' ? (ends[detail] ?? 'lost') : event === 'crashed' ? 'crashed' : null
      await this.#refresh(vmId, end)
    }).catch(error => this.#parts.log.warn({ err: error, vmId }, 'a domain could not be looked at'))
  }

  /** Looks at everything; after the first time the host can say what runs on it. */
  async #resync(): Promise<void> {
    const { hypervisor, hub, log } = this.#parts
    try {
      const here = new Set([...(await hypervisor.vmIds()), ...this.#runs.keys()])
      await Promise.all([...here].map(id => this.#inTurn(id, () => this.#refresh(id, null))))
      hub.ready()
    } catch (error) {
      // libvirt went away meanwhile: it is looked at again when it is back.
      log.warn({ err: error }, 'the domains could not be listed')
    }
  }

  /**
   * Asks libvirt what the domain is now, and tells what changed. `end`: why, if it is found to be gone; without one the next event may say
   * so, and only a look that is `late` ends the run without a reason.
   */
  async #refresh(vmId: string, end: RunEnd | null, late = false): Promise<void> {
    const { hypervisor, engineId } = this.#parts
    const xml = await hypervisor.xml(vmId)
    const live = xml === null ? null : readLive(xml)
    const state = live === null ? null : await hypervisor.state(vmId)
    const known = this.#runs.get(vmId)
    const gone = live === null || state === null || state.state === 'shutoff' || live.metadata.engineId !== engineId
    if (known !== undefined && gone && end === null && !late) return this.#lookLate(vmId)
    if (known !== undefined && (gone || live.metadata.runId !== known.runId))
      this.ended(vmId, known.runId, end ?? 'lost', end === null ? 'The domain was gone when the agent looked.' : null)
    if (gone) return
    const run = this.#runs.get(vmId) ?? this.#begin(live)
    run.live = live
    run.agentConnected = live.agentConnected
    if (!run.agentConnected) silent(run)
    const { state: word, reason } = state
    // One that comes in stands still until it is its own; one that leaves does so at the end, and its handler knows it.
    const comes =
      live.metadata.arrives !== undefined && (reason === 'starting up' || (word === 'paused' && this.coming.has(vmId)))
    if (isMoving(reason) || comes) this.change(vmId, f => ({ ...f, migrating: f.migrating ?? 'in' }))
    else if (word === 'paused' && reason !== 'save' && reason !== 'starting up' && !this.starting.has(vmId))
      this.change(vmId, f => ({
        ...f,
        paused: f.paused === 'no_space' && reason === 'io error' ? 'no_space' : pauseReason(reason),
      }))
    else if (word === 'running') this.change(vmId, f => resumed(f.migrating === 'in' ? settledHere(f) : f, this.#now()))
    else this.#report(run)
  }

  #lookLate(vmId: string): void {
    const look = () =>
      this.#inTurn(vmId, () => this.#refresh(vmId, null, true)).catch((error: unknown) =>
        // libvirt went away meanwhile: everything is looked at when it is back.
        this.#parts.log.warn({ err: error, vmId }, 'a domain could not be looked at'),
      )
    setTimeout(() => void look(), reasonMs).unref()
  }

  #begin(live: LiveDomain): TrackedRun {
    const { vmId, metadata } = live
    const run: TrackedRun = {
      vmId,
      runId: metadata.runId,
      live,
      facts: freshRun(metadata.startedAt, metadata.graceSeconds * 1000, metadata.arrives === 'up'),
      agentConnected: live.agentConnected,
      answers: false,
      guest: null,
    }
    this.#runs.set(vmId, run)
    for (const callback of this.#onBegin) callback(run)
    return run
  }

  #report(run: TrackedRun): void {
    if (this.#runs.get(run.vmId) !== run) return
    const report: RunReport = {
      vmId: run.vmId,
      runId: run.runId,
      status: statusOf(run.facts),
      pauseReason: run.facts.migrating === null ? run.facts.paused : null,
      startedAt: run.live.metadata.startedAt,
      guestAgent: run.answers,
      guest: run.guest,
      migration: run.facts.migration,
    }
    this.#parts.hub.report(report)
  }

  /** One look at a VM at a time. */
  #inTurn<T>(vmId: string, work: () => Promise<T>): Promise<T> {
    const result = (this.#chains.get(vmId) ?? Promise.resolve()).then(work)
    const tail = result.then(
      () => {},
      () => {},
    )
    this.#chains.set(vmId, tail)
    void tail.then(() => {
      if (this.#chains.get(vmId) === tail) this.#chains.delete(vmId)
    })
    return result
  }
}

/** The guest agent is gone, and what it said with it. */
function silent(run: TrackedRun): void {
  run.answers = false
  run.guest = null
}
