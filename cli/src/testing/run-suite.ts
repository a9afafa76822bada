import type { Heard } from './reporter.ts'
import { runFile } from './run-file.ts'
import type { Suite } from './suites.ts'

/** How many tests ended how, and why some did not run. */
export interface Tally {
  passed: number
  failed: number
  skipped: number
  /** `reason` → how many tests, with one of their names. */
  readonly reasons: Map<string, { count: number; example: string }>
}

export const newTally = (): Tally => ({ passed: 0, failed: 0, skipped: 0, reasons: new Map() })

/** What the runner tells while a suite runs. */
export interface Listener {
  failed(file: string, name: string, why: string): void
  /** What tests say of what they measured. */
  said?(file: string, text: string): void
}

/** How long a file or a test of it took. */
export interface Duration {
  readonly file: string
  /** Of a test; none for the whole file. */
  readonly name?: string
  readonly ms: number
  /** Processor time of a file and of the processes it waited for, milliseconds; guests of a daemon are not among them. */
  readonly cpuMs?: number
}

/** A suite that runs: its counts so far, the files at work, and its end. */
export interface SuiteRun {
  readonly tally: Tally
  readonly at: ReadonlySet<string>
  readonly durations: readonly Duration[]
  readonly ended: Promise<Tally>
}

/** Runs the files of a suite, `concurrency` at a time, each in a process of its own. */
export function runSuite(
  s: Pick<Suite, 'concurrency' | 'patience' | 'ownNetwork'> & { silence?: number },
  files: readonly string[],
  o: { env: NodeJS.ProcessEnv; name?: string; listener: Listener; signal?: AbortSignal },
): SuiteRun {
  const tally = newTally()
  const at = new Set<string>()
  const durations: Duration[] = []
  const queue = [...files]
  const worker = async () => {
    for (let file = queue.shift(); file !== undefined && !o.signal?.aborted; file = queue.shift()) {
      at.add(file)
      await one(file)
      at.delete(file)
    }
  }
  const one = async (file: string) => {
    const failures: Heard[] = []
    const began = performance.now()
    let cpuMs = 0
    const heard = (h: Heard) => {
      if (h.kind === 'said') return o.listener.said?.(file, h.why ?? '')
      if (h.kind === 'fail') failures.push(h)
      if (h.kind === 'end') cpuMs = h.ms ?? 0
      else if (h.kind !== 'start' && h.ms !== undefined) durations.push({ file, name: h.name, ms: h.ms })
      count(tally, h, file)
    }
    const { printed, broken } = await runFile({
      ...o,
      file,
      patience: s.patience,
      ownNetwork: s.ownNetwork ?? false,
      ...(s.silence === undefined ? {} : { silence: s.silence }),
      heard,
    })
    durations.push({ file, ms: performance.now() - began, cpuMs })
    if (broken) failures.push({ kind: 'fail', name: 'the file itself', why: broken })
    if (broken) tally.failed++
    const last = failures.length - 1
    failures.forEach((h, i) =>
      o.listener.failed(
        file,
        h.name,
        `${h.why ?? ''}${i === last && printed ? `\nprinted by the file:\n${indent(printed)}` : ''}`,
      ),
    )
  }
  const ended = Promise.all(Array.from({ length: s.concurrency }, worker)).then(() => tally)
  return { tally, at, durations, ended }
}

function count(tally: Tally, h: Heard, file: string): void {
  if (h.kind === 'pass') tally.passed++
  else if (h.kind === 'fail') tally.failed++
  else if (h.kind === 'skip') {
    tally.skipped++
    const why = h.why ?? ''
    const known = tally.reasons.get(why)
    if (known) known.count++
    else tally.reasons.set(why, { count: 1, example: `${file}: ${h.name}` })
  }
}

/** Text moved to the right. */
export const indent = (text: string, by = '    '): string => text.trimEnd().replace(/^/gm, by)
