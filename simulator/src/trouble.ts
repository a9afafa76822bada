import type { Fault } from './faults.ts'
import type { SimHost } from './host.ts'
import { endRun, forgetRun, pause } from './life.ts'
import { dropArrivals } from './migration.ts'

/** Makes something go wrong with a host: at once, or from now on. */
export function applyFault(host: SimHost, fault: Fault): void {
  switch (fault.kind) {
    case 'crash-agent':
      die(host)
      host.fleet.clock.after(fault.downMs, () => revive(host, false))
      return
    case 'power-off': {
      for (const run of [...host.runs.values()]) forgetRun(host, run)
      dropArrivals(host)
      const off = host.faults.add(fault)
      die(host)
      const on = () => {
        host.faults.remove(off)
        revive(host, true)
      }
      if (fault.downMs !== undefined) host.fleet.clock.after(fault.downMs, on)
      return
    }
    case 'guest-crash':
      for (const run of [...host.runs.values()])
        if (concerns(fault, run.spec.vmId)) endRun(host, run, 'crashed', 'The guest was made to crash.')
      return
    case 'io-error':
      for (const run of host.runs.values())
        if (concerns(fault, run.spec.vmId) && run.report.status !== 'paused') pause(host, run, 'io_error')
      return
    case 'silent':
    case 'slow':
    case 'refuse':
    case 'fail-task':
    case 'drop-reply':
      host.faults.add(fault)
  }
}

/** Takes every standing fault away: a host without power comes back, one that was silent is heard again. */
export function clearFaults(host: SimHost): void {
  const kinds = new Set(host.faults.list().map(f => f.kind))
  host.faults.clear()
  if (kinds.has('power-off')) revive(host, true)
  // Its watches have missed something: they begin again.
  else if (kinds.has('silent')) host.cut()
}

/** A fence agent cuts the power: guests are gone, and the machine stays dark until it is switched on. Content when it is. */
export function cutPower(host: SimHost): void {
  if (host.off) return
  for (const run of [...host.runs.values()]) forgetRun(host, run)
  dropArrivals(host)
  host.off = true
  host.save()
  die(host)
}

/** A fence agent gives power again, whoever had taken it: the machine boots, unless it has power. */
export function givePower(host: SimHost): void {
  const dark = host.off || host.faults.list().some(f => f.kind === 'power-off')
  if (!dark) return
  host.off = false
  for (const fault of host.faults.list()) if (fault.kind === 'power-off') host.faults.remove(fault)
  host.dead = true
  revive(host, true)
}

/** Whether the machine has power. */
export const hasPower = (host: SimHost): boolean => !host.off && !host.faults.list().some(f => f.kind === 'power-off')

/** Nothing answers any more, and nothing that the agent did goes on. Guests do. */
function die(host: SimHost): void {
  host.dead = true
  host.tasks.halt()
  host.consoles.clear()
  host.cut()
}

function revive(host: SimHost, reboot: boolean): void {
  if (!host.dead || !hasPower(host)) return
  host.begin(reboot)
  host.tasks.resume()
}

const concerns = (fault: { match?: { vmId?: string } }, vmId: string) =>
  fault.match?.vmId === undefined || fault.match.vmId === vmId
