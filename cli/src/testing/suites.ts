import { glob } from 'node:fs/promises'
import { appRoot } from '../instance/paths.ts'

/** A suite: where its tests are found, and what they need of the machine. */
export interface Suite {
  readonly name: string
  readonly files: readonly string[]
  /** Files that belong to it too when every step of every job is asked for; otherwise they are another suite's. */
  readonly everyStep?: readonly string[]
  /**
   * Suites of a lane run one after another, and the lanes beside each other: tests with real machines mostly wait for guests, and
   * leave the processor to tests of what needs none.
   */
  readonly lane: 'code' | 'machines'
  /** Test files at once. Every wait is for a state and has much patience, so that guests that share two cores are only slower. */
  readonly concurrency: number
  /** Debian packages beyond none: hosts, guests and images. */
  readonly packages: boolean
  /** Part of a run without names: what CI runs first. */
  readonly always: boolean
  /** What its tests measured is shown as they say it. */
  readonly measures?: boolean
  /** The longest a single test may take, seconds. */
  readonly patience: number
  /**
   * Each file sees a network of its own: Chromium drops what is on its way when any bridge comes or goes, and hosts of other tests make
   * and remove them all the time.
   */
  readonly ownNetwork?: boolean
}

const machines = { lane: 'machines', packages: true, always: true, patience: 900 } as const

/** Every suite, in the order in which those of a lane run: the quick ones first. */
export const suites: readonly Suite[] = [
  {
    name: 'unit',
    lane: 'code',
    files: ['*/src/**/*.test.ts', '*/scripts/**/*.test.ts', 'scripts/**/*.test.ts', 'conformance/**/*.test.ts'],
    concurrency: 2,
    packages: false,
    always: true,
    patience: 300,
  },
  { ...machines, name: 'contract', files: ['*/contract/**/*.test.ts'], concurrency: 2 },
  { ...machines, name: 'lab', files: ['*/test/**/*.test.ts'], concurrency: 2 },
  { ...machines, name: 'e2e', files: ['e2e/**/*.test.ts'], concurrency: 1, ownNetwork: true },
  {
    ...machines,
    name: 'faults',
    files: ['faults/**/*.test.ts'],
    everyStep: ['engine/src/**/survive*.test.ts', 'engine/test/survive.test.ts'],
    concurrency: 1,
  },
  // Proofs that take minutes: many migrations in a row, maintenance of a full host.
  {
    ...machines,
    name: 'long',
    files: ['*/long/**/*.test.ts'],
    concurrency: 1,
    always: false,
    measures: true,
    patience: 3_600,
  },
  {
    ...machines,
    name: 'scale',
    files: ['scale/**/*.test.ts'],
    concurrency: 1,
    always: false,
    measures: true,
    packages: false,
    patience: 1_800,
  },
  // Three real hosts and everything at random, for `--minutes`.
  { ...machines, name: 'chaos', files: ['chaos/**/*.test.ts'], concurrency: 1, always: false, patience: 6 * 3_600 },
]

/** The one that is a program of its own: real clients of others, which it may fetch from their registries. */
export const CONFORMANCE = 'conformance'

/** The names that `rookery test` knows. */
export const suiteNames: readonly string[] = [...suites.map(s => s.name), CONFORMANCE]

/** The test files of a suite, sorted, whose path contains one of `only` if there are any. */
export async function filesOf(s: Suite, only: readonly string[] = [], root: string = appRoot): Promise<string[]> {
  const found = new Set<string>()
  for (const pattern of s.files)
    for await (const file of glob(pattern, {
      cwd: root,
      exclude: name => name === 'node_modules' || name.startsWith('.'),
    }))
      if (!file.includes('node_modules/')) found.add(file)
  return [...found].filter(f => only.length === 0 || only.some(part => f.includes(part))).sort()
}
