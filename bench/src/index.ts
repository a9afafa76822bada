import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { invalid, RookeryError } from '@rookery/model'
import { type Bench, type Figure, fullSize, type Progress, quickSize } from './bench.ts'
import { listing } from './benches/listing.ts'
import { tokens } from './benches/tokens.ts'
import { bringUp, takeDown } from './instance.ts'
import { describeMachine, type Machine, machineText } from './machine.ts'
import { asJson, table } from './report.ts'
import type { Target } from './target.ts'
import { append, committedTrend, trendLine } from './trend.ts'

/** Every bench, in the order in which they run. */
export const benches: readonly Bench[] = [listing, tokens]

/** What a run of benches found. */
export interface BenchReport {
  machine: Machine
  quick: boolean
  figures: ReturnType<typeof asJson>
  /** Benches that could not run here, and why. */
  skipped: Record<string, string>
  /** The file that this run was added to. */
  trend: string
}

/**
 * Runs benches, each on an instance of its own that is gone afterwards, also when it fails. `names` are `undefined` for all.
 *
 * @throws `invalid` for a name that is no bench; what a bench throws, after everything of it was taken away
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
  let accel = 'none'
  for (const bench of chosen) {
    if (bench.real && !o.root) {
      skipped[bench.name] = 'It starts real guests, and that needs root: run it with sudo.'
      o.progress.info(`${bench.title}: left out. ${skipped[bench.name]}`)
      continue
    }
    o.progress.info(`${bench.title} (${bench.name})`)
    const found = await runBench(bench, o)
    figures.push(...found.figures)
    accel = found.accel ?? accel
  }
  const machine = await describeMachine(accel)
  const trend = o.record ? committedTrend : o.trendFile
  if (figures.length > 0) await append(trend, await trendLine(figures, { at, quick: o.quick, machine }))
  const text = [machineText(machine), '', table(figures), '', `Added to ${trend}`].join('\n')
  return { text, report: { machine, quick: o.quick, figures: asJson(figures), skipped, trend } }
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
  try {
    const figures = await bench.run({
      size: o.quick ? quickSize : fullSize,
      progress: o.progress,
      folder,
      onEnd: step => void undo.push(step),
      target: () => (target ??= start()),
    })
    outcome = { status: 'fulfilled', value: figures }
  } catch (reason) {
    outcome = { status: 'rejected', reason }
  }
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
