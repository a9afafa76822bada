import type { Target } from './target.ts'

/** One number that a bench found. Its key is the same in every run: the trend is kept by it. */
export interface Figure {
  /** `listing.100.xml.c16`: bench, case. */
  key: string
  /** What it is, for people. */
  title: string
  /** `x` is a ratio: ours by theirs. */
  unit: 'ms' | '/s' | 'x' | 'MiB' | 'MiB/s' | 's'
  /** The median over runs. */
  value: number
  /** Latency of the slowest hundredth, milliseconds; of figures that are made of many requests. */
  p99?: number
  /** Smallest and largest of the runs. */
  low: number
  high: number
  runs: number
  /** What we want of it. */
  aim?: Aim
}

/** At most or at least so much, and for the slowest hundredth at most so many milliseconds. */
export interface Aim {
  most?: number
  least?: number
  p99?: number
}

/** Whether a figure is what we want; undefined when nothing is wanted of it. */
export function reached({ value, p99, aim }: Figure): boolean | undefined {
  if (aim === undefined) return undefined
  if (aim.most !== undefined && value > aim.most) return false
  if (aim.least !== undefined && value < aim.least) return false
  return aim.p99 === undefined || (p99 !== undefined && p99 <= aim.p99)
}

/** How much is measured. */
export interface Size {
  /** Runs thrown away before the measured ones. */
  warmUp: number
  /** Measured runs of each case; cases take turns. */
  rounds: number
  /** Length of one run under load, milliseconds. */
  loadMs: number
  /** VMs of the two lists. */
  few: number
  many: number
  /** VMs that are started at once. */
  storm: number
  /** Bytes of an image. */
  imageBytes: number
}

/** What a measurement takes; `--quick` shows the same figures with a tenth of the patience. */
export const fullSize: Size = {
  warmUp: 1,
  rounds: 5,
  loadMs: 1500,
  few: 100,
  many: 1000,
  storm: 20,
  imageBytes: 2 * 1024 ** 3,
}
export const quickSize: Size = {
  warmUp: 1,
  rounds: 2,
  loadMs: 500,
  few: 100,
  many: 200,
  storm: 5,
  imageBytes: 64 * 1024 ** 2,
}

/** Where progress is told; the command line's output is one. */
export interface Progress {
  step(name: string): { note(text: string): void; done(text?: string): void; failed(text?: string): void }
  info(text: string): void
}

/** What a bench is given. */
export interface BenchContext {
  size: Size
  progress: Progress
  /** The instance that benches share; brought up by the first who asks. */
  target(): Promise<Target>
  /** A folder for files of this run, gone afterwards. */
  folder: string
  /** Undone after the bench, last first, also when it fails. */
  onEnd(undo: () => Promise<unknown>): void
}

/** One subject of measurement. */
export interface Bench {
  name: string
  title: string
  /** Needs a real host, and that needs root. */
  real: boolean
  run(ctx: BenchContext): Promise<Figure[]>
}
