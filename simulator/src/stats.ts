import type { HostStats, RunStats } from '@rookery/protocol'
import { nature } from './facts.ts'
import type { SimHost } from './host.ts'
import type { Run } from './life.ts'

/** Every 15 seconds, as the contract says. */
export const statsEveryMs = 15_000

/** The load of a host and its runs at this moment: decided by seed, host and time, so a turned clock repeats it. */
export function stats(host: SimHost, now: number): { host: HostStats; runs: RunStats[] } {
  const { memory, cpus } = nature(host.fleet, host.index)
  const slot = Math.floor(now / statsEveryMs)
  const runs = [...host.runs.values()].map(run => runStats(host, run, now, slot))
  let cpuUsed = 0.01 + 0.02 * host.fleet.random.of('idle', host.index, slot)
  let memoryUsed = Math.round(memory * 0.02)
  for (const [i, run] of [...host.runs.values()].entries()) {
    const load = runs[i]
    if (load === undefined) continue
    cpuUsed += (load.cpu * vcpus(run)) / cpus
    memoryUsed += load.memoryUsed
  }
  cpuUsed = Math.min(1, cpuUsed)
  memoryUsed = Math.min(memory, memoryUsed)
  return {
    host: {
      cpuUser: cpuUsed * 0.8,
      cpuSystem: cpuUsed * 0.2,
      cpuIdle: 1 - cpuUsed,
      load5: cpuUsed * cpus,
      memoryUsed,
      memoryFree: memory - memoryUsed,
      memoryShared: 0,
      swapTotal: 0,
      swapUsed: 0,
      ksmCpu: 0,
      bootTime: host.startedAt,
    },
    runs,
  }
}

const vcpus = (run: Run) => run.spec.cpu.sockets * run.spec.cpu.cores * run.spec.cpu.threads

function runStats(host: SimHost, run: Run, now: number, slot: number): RunStats {
  const { random } = host.fleet
  const { runId, vmId, status, startedAt } = run.report
  const running = status === 'up' || status === 'powering_up' || status === 'powering_down'
  const load = (what: string) => (running ? random.of(what, runId, slot) : 0)
  const cpu = status === 'powering_up' ? 0.9 : 0.3 * load('cpu')
  const seconds = startedAt === null ? 0 : Math.max(0, (now - startedAt) / 1000)
  const used = Math.round(run.spec.memory * (0.3 + 0.3 * load('memory')))
  const guest = run.report.guestAgent
  return {
    runId,
    vmId,
    cpu,
    cpuTimeNs: Math.round(seconds * vcpus(run) * 0.15 * 1e9),
    memoryUsed: used,
    memoryUnused: guest ? run.spec.memory - used : null,
    memoryBuffers: guest ? Math.round(run.spec.memory * 0.02) : null,
    memoryCached: guest ? Math.round(run.spec.memory * 0.1) : null,
    rxBytes: Math.round(20_000 * load('rx')),
    txBytes: Math.round(10_000 * load('tx')),
    rxTotal: Math.round(seconds * 10_000),
    txTotal: Math.round(seconds * 5000),
    disks: run.spec.disks.map(disk => ({
      diskId: disk.diskId,
      readBytes: Math.round(500_000 * load(`read ${disk.diskId}`)),
      writeBytes: Math.round(200_000 * load(`write ${disk.diskId}`)),
      readOps: Math.round(50 * load('readOps')),
      writeOps: Math.round(20 * load('writeOps')),
      readLatency: 0.0005,
      writeLatency: 0.001,
      flushLatency: 0.002,
      allocation: allocation(host, disk.volume),
    })),
  }
}

function allocation(host: SimHost, ref: Parameters<SimHost['volume']>[0]): number {
  const path = host.connected.get(ref.storageDomainId)
  const domain = path === undefined ? undefined : host.fleet.pool.at({ type: 'localfs', path })
  return domain?.volumes.get(`${ref.imageId}/${ref.volumeId}`)?.content.allocated ?? 0
}
