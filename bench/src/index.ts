import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { invalid, RookeryError } from '@rookery/model'
import { type Bench, type Figure, fullSize, type Progress, quickSize } from './bench.ts'
import { listing } from './benches/listing.ts'
import { events } from './benches/events.ts'
import { footprint } from './benches/footprint.ts'
import { power } from './benches/power.ts'
import { tokens } from './benches/tokens.ts'
import { transfer } from './benches/transfer.ts'
import { bringUp, takeDown } from './instance.ts'
import { describeMachine, type Machine, machineText } from './machine.ts'
import { asJson, table } from './report.ts'
import type { Target } from './target.ts'
import { append, committedTrend, trendLine } from './trend.ts'

/** Every bench, in the order in which they run. */
export const benches: readonly Bench[] = [footprint, power, listing, tokens, transfer, events]

/** What a run of benches found. */
export interface BenchReport {
  machine: Machine
  quick: boolean
  figures: ReturnType<typeof asJson>
  /** Benches that could not run here, and why. */
  skipped: Record<string, string>
  /** Benches that ended with an error. */
  failed: Record<string, string>
  /** The file that this run was added to; null when there was nothing to add. */
  trend: string | null
}

/**
 * Runs benches, each on an instance of its own that is gone afterwards, also when it fails. No names mean all.
 *
 * @throws `invalid` for a name that is no bench; `unavailable` when it is interrupted, after everything was taken away
 */
export async function runBenches(
  names: readonly string[],
  o: { quick: boolean; record: boolean; trendFile: string; root: boolean; progress: Progress },
): Promise<{ text: string; report: BenchReport }> {
  for (const name of names)
    if (!benches.some(bench => bench.name === name))
      throw invalid(
        'bench.unknown',
        `There is no bench "${name}". Known: ${benches.map(bench => bench.name).join(', ')}.`,
      )
  const at = new Date()
  const chosen = benches.filter(bench => names.length === 0 || names.includes(bench.name))
  const figures: Figure[] = []
  const skipped: Record<string, string> = {}
  const failed: Record<string, string> = {}
  let accel = 'none'
  for (const bench of chosen) {
    if (bench.real && !o.root) {
      skipped[bench.name] = 'It starts real guests, and that needs root: run it with sudo.'
      o.progress.info(`${bench.title}: left out. ${skipped[bench.name]}`)
      continue
    }
    o.progress.info(`${bench.title} (${bench.name})`)
    try {
      const found = await runBench(bench, o)
      figures.push(...found.figures)
      accel = found.accel ?? accel
    } catch (error) {
      if (error instanceof RookeryError && error.code === 'bench.interrupted') throw error
      // What the others found took minutes; it is not thrown away.
      failed[bench.name] = error instanceof Error ? error.message : String(error)
      o.progress.info(`${bench.title}: failed. ${failed[bench.name]}`)
    }
  }
  const machine = await describeMachine(accel)
  const trend = figures.length === 0 ? null : o.record ? committedTrend : o.trendFile
  if (trend !== null) await append(trend, await trendLine(figures, { at, quick: o.quick, machine }))
  const lines = [
    machineText(machine),
    '',
    table(figures),
    '',
    trend === null ? 'Nothing was found.' : `Added to ${trend}`,
  ]
  const report = { machine, quick: o.quick, figures: asJson(figures), skipped, failed, trend }
  return { text: lines.join('\n'), report }
}

/** One bench with a folder and, when it asks, an instance; both are gone afterwards. */
async function runBench(
  bench: Bench,
  o: { quick: boolean; progress: Progress },
): Promise<{ figures: Figure[]; accel: string | undefined }> {
  const folder = await mkdtemp(join(tmpdir(), 'rookery-bench-'))
  const undo: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })]
  const dataDir = join(folder, 'data')
  let target: Promise<Target> | undefined
  const start = async () => {
    undo.push(() => takeDown(dataDir))
    const step = o.progress.step('instance')
    try {
      const up = await bringUp(dataDir, { simulate: bench.real ? 0 : 3 })
      step.done()
      return up
    } catch (error) {
      step.failed()
      throw error
    }
  }
  let outcome: PromiseSettledResult<Figure[]>
  const interrupted = Promise.withResolvers<never>()
  const interrupt = () =>
    interrupted.reject(new RookeryError('unavailable', 'bench.interrupted', 'Interrupted; it was taken down.'))
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupt)
  try {
    const work = bench.run({
      size: o.quick ? quickSize : fullSize,
      progress: o.progress,
      folder,
      onEnd: step => void undo.push(step),
      target: () => (target ??= start()),
    })
    outcome = { status: 'fulfilled', value: await Promise.race([work, interrupted.promise]) }
  } catch (reason) {
    outcome = { status: 'rejected', reason }
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, interrupt)
  const accel = await target?.then(
    up => up.real?.accel,
    () => undefined, // told by the outcome
  )
  const left: unknown[] = []
  for (const step of undo.toReversed()) await step().catch((error: unknown) => left.push(error))
  if (outcome.status === 'rejected') throw outcome.reason
  if (left.length > 0) throw leftBehind(bench.name, folder, left)
  return { figures: outcome.value, accel }
}

const leftBehind = (name: string, folder: string, errors: readonly unknown[]) =>
  new RookeryError(
    'internal',
    'bench.left_behind',
    `Not everything of the bench ${name} could be taken away; look into ${folder}: ${String(errors[0])}`,
    { cause: errors[0] },
  )
