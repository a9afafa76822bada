import { numberParam, type TypedParams } from '@rookery/libvirt/typed-params'
import type { RunStats } from '@rookery/protocol'
import type { TrackedRun } from '../domain/observer.ts'

interface Sample {
  readonly at: number
  readonly params: TypedParams
}

/** Turns libvirt's counters into rates over the time since the last look. The first look at a run has no rates. */
export class RunMeter {
  #before = new Map<string, Sample>()

  /** `all`: libvirt's statistics by VM id; `at`: when they were taken, milliseconds of any steady clock. */
  read(runs: readonly TrackedRun[], all: ReadonlyMap<string, TypedParams>, at: number): RunStats[] {
    const now = new Map<string, Sample>()
    const stats = runs.flatMap(run => {
      const params = all.get(run.vmId)
      if (params === undefined) return []
      now.set(run.runId, { at, params })
      return [runStats(run, { at, params }, this.#before.get(run.runId))]
    })
    this.#before = now
    return stats
  }
}

function runStats(run: TrackedRun, now: Sample, before: Sample | undefined): RunStats {
  const value = (name: string): number => numberParam(now.params, name) ?? 0
  const seconds = before === undefined ? 0 : (now.at - before.at) / 1000
  const grown = (name: string): number =>
    before === undefined ? 0 : Math.max(0, value(name) - (numberParam(before.params, name) ?? 0))
  const rate = (name: string): number => (seconds <= 0 ? 0 : grown(name) / seconds)
  const count = (group: string): number[] => Array.from({ length: value(`${group}.count`) }, (_, i) => i)
  const sum = (fn: (name: string) => number, field: string): number =>
    count('net').reduce((total, i) => total + fn(`net.${i}.${field}`), 0)
  const kib = (name: string): number | null => {
    const found = numberParam(now.params, name)
    return found === undefined ? null : found * 1024
  }
  const unused = kib('balloon.unused')
  const current = kib('balloon.current') ?? run.live.memory
  /** Seconds that one operation took on average. */
  const latency = (i: number, kind: string): number => {
    const operations = grown(`block.${i}.${kind}.reqs`)
    return operations === 0 ? 0 : grown(`block.${i}.${kind}.times`) / operations / 1e9
  }
  return {
    runId: run.runId,
    vmId: run.vmId,
    cpu: seconds <= 0 ? 0 : Math.min(1, rate('cpu.time') / 1e9 / run.live.vcpus),
    cpuTimeNs: value('cpu.time'),
    memoryUsed: unused === null ? (kib('balloon.rss') ?? 0) : Math.max(0, current - unused),
    memoryUnused: unused,
    memoryBuffers: null,
    memoryCached: kib('balloon.disk_caches'),
    rxBytes: sum(rate, 'rx.bytes'),
    txBytes: sum(rate, 'tx.bytes'),
    rxTotal: sum(value, 'rx.bytes'),
    txTotal: sum(value, 'tx.bytes'),
    disks: count('block').map(i => ({
      diskId: run.live.disks.find(d => d.target === now.params[`block.${i}.name`])?.diskId ?? null,
      readBytes: rate(`block.${i}.rd.bytes`),
      writeBytes: rate(`block.${i}.wr.bytes`),
      readOps: rate(`block.${i}.rd.reqs`),
      writeOps: rate(`block.${i}.wr.reqs`),
      readLatency: latency(i, 'rd'),
      writeLatency: latency(i, 'wr'),
      flushLatency: latency(i, 'fl'),
      allocation: value(`block.${i}.allocation`),
    })),
  }
}
