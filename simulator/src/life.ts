import type { DomainSpec, GuestReport, RunEnd, RunReport } from '@rookery/protocol'
import type { Cancel } from './clock.ts'
import type { SimHost } from './host.ts'
import { forgetComing } from './migration.ts'

/** What happens to a run by itself, later. */
export type Turn = 'booted' | 'shut_down' | 'ignored_button' | 'restored'

/** One run of a VM on a host, as it is now. */
export interface Run {
  report: RunReport
  spec: DomainSpec
  /** The next turn of its life and when it comes (epoch milliseconds). */
  due: { at: number; turn: Turn } | null
  cancel: Cancel | undefined
  /** It comes from another host and is not its own master yet. */
  incoming: boolean
  /** It is on its way to another host, as this run there; and what it was when it began to leave. */
  leaving: { runId: string; status: RunReport['status'] } | null
}

/** What of a run is journalled. */
export type RunRecord = Pick<Run, 'report' | 'spec' | 'due' | 'incoming' | 'leaving'>

/** Times of a pretended guest, milliseconds. */
const bootMs = [200, 2000] as const
const shutdownMs = [300, 1500] as const
const restoreMs = [200, 800] as const
const deafGuestMs = 60_000

/** Whether there is anything to boot from: only such a guest has an agent and hears the power button. */
const hasSystem = (spec: DomainSpec): boolean => spec.disks.length > 0 || spec.cdrom.medium !== null

/** A new domain, not yet started. */
export function addRun(host: SimHost, spec: DomainSpec): Run {
  const run: Run = {
    spec,
    report: {
      vmId: spec.vmId,
      runId: spec.runId,
      status: 'wait_for_launch',
      pauseReason: null,
      startedAt: null,
      guestAgent: false,
      guest: null,
      migration: null,
    },
    due: null,
    cancel: undefined,
    incoming: false,
    leaving: null,
  }
  host.runs.set(spec.runId, run)
  occupy(host, run)
  report(host, run, {})
  return run
}

/** The guest begins to run: it boots, goes on from saved memory, or waits to be resumed. */
export function launch(host: SimHost, run: Run): void {
  const startedAt = host.fleet.clock.now()
  if (run.spec.restoreFrom !== null) {
    // Before it is told of and with it written down: a fleet that is killed now goes on with it.
    later(host, run, 'restored', lasts(host, run, restoreMs, 'restore'))
    report(host, run, { status: 'restoring_state', startedAt })
  } else if (run.spec.startPaused) report(host, run, { status: 'paused', pauseReason: 'user', startedAt })
  else boot(host, run, startedAt)
}

/** The guest's system starts; `up` when its agent answers, or after the grace without one. */
export function boot(host: SimHost, run: Run, startedAt = run.report.startedAt): void {
  const ms = hasSystem(run.spec) ? lasts(host, run, bootMs, 'boot') : run.spec.guestAgentGraceSeconds * 1000
  later(host, run, 'booted', ms)
  report(host, run, { status: 'powering_up', pauseReason: null, startedAt, guestAgent: false, guest: null })
}

/** The guest restarts; `reset` without being asked. */
export function reboot(host: SimHost, run: Run, how: 'asked' | 'reset'): void {
  boot(host, run)
  if (how === 'asked') report(host, run, { status: 'reboot_in_progress' })
}

/** The power button is pressed. */
export function pressPower(host: SimHost, run: Run): void {
  if (run.due?.turn === 'shut_down') return
  if (hasSystem(run.spec)) later(host, run, 'shut_down', lasts(host, run, shutdownMs, 'shutdown'))
  else later(host, run, 'ignored_button', deafGuestMs)
  report(host, run, { status: 'powering_down' })
}

/** The guest stands still. */
export function pause(host: SimHost, run: Run, reason: string): void {
  settle(run)
  report(host, run, { status: 'paused', pauseReason: reason })
}

/** A paused guest goes on; one that never ran boots. */
export function resume(host: SimHost, run: Run): void {
  if (run.report.status !== 'paused') return
  if (run.report.guestAgent || run.spec.restoreFrom !== null) up(host, run)
  else boot(host, run)
}

/** The memory is being written out. */
export function beginSave(host: SimHost, run: Run): void {
  settle(run)
  report(host, run, { status: 'saving_state' })
}

/** Writing the memory was given up: the guest goes on. */
export const abandonSave = (host: SimHost, run: Run): void => up(host, run)

/** The run is over. */
export function endRun(host: SimHost, run: Run, end: RunEnd, detail: string | null = null): void {
  forgetRun(host, run)
  const { vmId, runId } = run.report
  const ended = { vmId, runId, end, detail }
  host.keepEnd(ended)
  host.tell({ type: 'ended', ...host.next(), ...ended })
}

/** The run is gone and nobody is told: the machine lost power. */
export function forgetRun(host: SimHost, run: Run): void {
  settle(run)
  if (run.leaving !== null) forgetComing(host, run.leaving.runId)
  host.runs.delete(run.report.runId)
  host.consoles.endRun(run.report.runId)
  host.fleet.journal.delete(`host/${host.index}/run/${run.report.runId}`)
  vacate(host, run)
}

/** Takes up a run that the last process left. */
export function restoreRun(host: SimHost, left: RunRecord): void {
  const run: Run = { ...left, cancel: undefined }
  host.runs.set(run.report.runId, run)
  if (!run.incoming) occupy(host, run)
  if (run.due !== null) later(host, run, run.due.turn, Math.max(0, run.due.at - host.fleet.clock.now()))
}

/** Records and tells that the run has changed. */
export function report(host: SimHost, run: Run, change: Partial<RunReport>): void {
  run.report = { ...run.report, ...change }
  saveRun(host, run)
  host.tell({ type: 'run', ...host.next(), run: run.report })
}

/** Changes what a running guest has. */
export function changeSpec(host: SimHost, run: Run, change: Partial<DomainSpec>): void {
  vacate(host, run)
  run.spec = { ...run.spec, ...change }
  occupy(host, run)
  saveRun(host, run)
}

/** Records the run. */
function saveRun(host: SimHost, run: Run): void {
  const { report, spec, due, incoming, leaving } = run
  host.fleet.journal.put(`host/${host.index}/run/${report.runId}`, { report, spec, due, incoming, leaving })
}

/** A run that came from another host is this one's from now on. */
export const keepRun = (host: SimHost, run: Run): void => occupy(host, run)

/** The guest's system runs. */
export function up(host: SimHost, run: Run): void {
  settle(run)
  const agent = hasSystem(run.spec)
  const guest = agent ? (run.report.guest ?? guestOf(host, run)) : null
  report(host, run, { status: 'up', pauseReason: null, guestAgent: agent, guest })
}

function take(host: SimHost, run: Run, turn: Turn): void {
  run.due = null
  if (turn === 'shut_down') endRun(host, run, 'shutdown')
  else if (turn === 'restored' && run.spec.startPaused) pause(host, run, 'user')
  else up(host, run)
}

function later(host: SimHost, run: Run, turn: Turn, ms: number): void {
  settle(run)
  run.due = { at: host.fleet.clock.now() + ms, turn }
  run.cancel = host.fleet.clock.after(ms, () => take(host, run, turn))
}

/** Nothing is due any more. */
export function settle(run: Run): void {
  run.cancel?.()
  run.cancel = undefined
  run.due = null
}

const userOf = (host: SimHost, run: Run) => `run ${run.spec.runId} on host ${host.index}`

function occupy(host: SimHost, run: Run): void {
  const { invariants, clock } = host.fleet
  const user = userOf(host, run)
  invariants.use('vm_twice', run.spec.vmId, user, clock.now())
  for (const disk of run.spec.disks)
    if (!disk.shareable && !disk.readOnly) invariants.use('disk_twice', disk.volume.volumeId, user, clock.now())
}

function vacate(host: SimHost, run: Run): void {
  const { invariants } = host.fleet
  const user = userOf(host, run)
  invariants.leave('vm_twice', run.spec.vmId, user)
  for (const disk of run.spec.disks) invariants.leave('disk_twice', disk.volume.volumeId, user)
}

const lasts = (host: SimHost, run: Run, bounds: readonly [number, number], what: string): number =>
  host.fleet.lasts(bounds, what, run.spec.runId)

/** What the agent of a pretended guest says: an address on each card that is plugged in. */
function guestOf(host: SimHost, run: Run): GuestReport {
  const { random } = host.fleet
  return {
    hostname: run.spec.name
      .toLowerCase()
      .replaceAll(/[^a-z0-9-]/g, '-')
      .slice(0, 63),
    osName: 'Debian GNU/Linux',
    osVersion: '12',
    kernel: '6.1.0-18-amd64',
    timezone: 'UTC',
    nics: run.spec.nics.map((nic, i) => ({
      name: `eth${i}`,
      mac: nic.mac,
      addresses:
        nic.linked && nic.networkId !== null
          ? [
              `192.168.${Math.floor(random.between(0, 250, 'net', nic.networkId))}.${Math.floor(random.between(2, 250, nic.mac))}`,
            ]
          : [],
    })),
  }
}
