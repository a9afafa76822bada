import { conflict } from '@rookery/model'
import type { MigrateResult, MigrationTarget, TaskOf } from '@rookery/protocol'
import type { SimHost } from './host.ts'
import { boot, endRun, keepRun, type Run, report, settle, up } from './life.ts'

/** Room that a host has made for a guest that is to come. */
export interface Arrival {
  vmId: string
  runId: string
}

const MiB = 1024 ** 2

/** Makes room on this host. */
export function prepareArrival(host: SimHost, task: TaskOf<'vm.migrate.prepare'>): MigrationTarget {
  const { vmId, runId } = task
  const known = host.fleet.arrivals.get(runId)
  if (known === undefined && !host.runs.has(runId)) keepArrival(host, { vmId, runId })
  const folder = `/pretended/${host.index}/${vmId}`
  const { migration } = host.facts()
  return {
    runId,
    generation: host.incarnation,
    address: migration?.address ?? 'nowhere',
    port: migration?.port ?? 1,
    disks: task.disks.map(({ diskId, volume }) => ({
      diskId,
      file: `/pretended/${volume.imageId}/${volume.volumeId}`,
    })),
    nics: task.nics.map(nic => ({
      nicId: nic.nicId,
      bridge: nic.networkId,
      mtu: null,
      tap: `t${nic.nicId.slice(0, 12)}`,
    })),
    medium: task.medium === null ? null : '/pretended/medium.iso',
    seedFile: task.seed === null ? null : `${folder}/seed.iso`,
    vncSocket: `${folder}/vnc`,
    serialSocket: `${folder}/tty`,
    serialLog: `${folder}/serial.log`,
  }
}

/** Notes that a guest is to come; also what the last process had noted. */
export function keepArrival(host: SimHost, arrival: Arrival): void {
  host.fleet.arrivals.set(arrival.runId, host)
  host.fleet.journal.put(`host/${host.index}/arrival/${arrival.runId}`, arrival)
}

function dropArrival(host: SimHost, runId: string): void {
  if (host.fleet.arrivals.get(runId) !== host) return
  host.fleet.arrivals.delete(runId)
  host.fleet.journal.delete(`host/${host.index}/arrival/${runId}`)
}

/** The machine lost power: nobody is expected any more. */
export function dropArrivals(host: SimHost): void {
  for (const [runId, where] of host.fleet.arrivals) if (where === host) dropArrival(host, runId)
}

/** The guest begins to leave: it shows at both ends. */
export function beginToLeave(host: SimHost, run: Run, target: MigrationTarget): void {
  const there = host.fleet.arrivals.get(target.runId)
  if (there === undefined || there.faults.list().some(f => f.kind === 'power-off'))
    throw conflict('vm.migrate.failed', 'The other host does not expect this guest.')
  // Taken up again after a restart of the agent: it is under way already.
  if (run.leaving === null) run.leaving = { runId: target.runId, status: run.report.status }
  settle(run)
  if (!there.runs.has(target.runId)) {
    const coming: Run = {
      spec: { ...run.spec, runId: target.runId },
      report: {
        ...run.report,
        runId: target.runId,
        status: 'migrating',
        guestAgent: false,
        guest: null,
        migration: null,
      },
      due: null,
      cancel: undefined,
      incoming: true,
      leaving: null,
    }
    there.runs.set(target.runId, coming)
    report(there, coming, {})
  }
  tellProgress(host, run, 0)
}

/** Says how far it is: a part between 0 and 1. */
export function tellProgress(host: SimHost, run: Run, part: number): void {
  if (run.leaving === null) return
  const total = run.spec.memory
  report(host, run, {
    status: 'migrating',
    pauseReason: null,
    migration: {
      total,
      remaining: Math.round(total * (1 - part)),
      rate: 400 * MiB,
      iteration: 1 + Math.floor(part * 3),
      downtimeLimit: 100,
      elapsedMs: Math.round(part * 4000),
      postCopy: false,
    },
  })
}

/** The guest goes over: it ends here and goes on there in one moment. */
export function goOver(host: SimHost, run: Run): MigrateResult {
  const leaving = run.leaving
  const there = leaving === null ? undefined : host.fleet.arrivals.get(leaving.runId)
  const coming = leaving === null ? undefined : there?.runs.get(leaving.runId)
  if (leaving === null || there === undefined || coming === undefined)
    throw conflict('vm.migrate.failed', 'The other host has lost the guest that was coming.')
  const { guest, guestAgent } = run.report
  run.leaving = null
  endRun(host, run, 'migrated')
  coming.incoming = false
  keepRun(there, coming)
  coming.report = { ...coming.report, guest, guestAgent }
  goOn(there, coming, leaving.status)
  dropArrival(there, leaving.runId)
  return { left: true, downtimeMs: 60, durationMs: 4000, transferred: run.spec.memory, postCopy: false }
}

/** The guest stays: the migration was given up. */
export function stay(host: SimHost, run: Run): void {
  const leaving = run.leaving
  if (leaving === null) return
  run.leaving = null
  forgetComing(host, leaving.runId)
  goOn(host, run, leaving.status)
}

/** Nobody sends the guest any more: libvirt takes what had arrived away. */
export function forgetComing(host: SimHost, runId: string): void {
  const there = host.fleet.arrivals.get(runId)
  const coming = there?.runs.get(runId)
  if (there !== undefined && coming?.incoming === true) endRun(there, coming, 'failed')
}

/** Whether the guest is here; what was prepared for one that is not is taken away. */
export function finishArrival(host: SimHost, runId: string): boolean {
  const run = host.runs.get(runId)
  if (run !== undefined && !run.incoming) return true
  if (run !== undefined) endRun(host, run, 'failed')
  dropArrival(host, runId)
  return false
}

function goOn(host: SimHost, run: Run, status: string): void {
  if (run.report.migration !== null) run.report = { ...run.report, migration: null }
  if (status === 'powering_up') boot(host, run)
  else up(host, run)
}
