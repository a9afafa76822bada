import { execFile } from 'node:child_process'
import { appendFile, mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Figure } from './bench.ts'
import type { Machine } from './machine.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** The trend that is committed: a run with `--record` adds its line, and whoever commits it says that it was a quiet one. */
export const committedTrend = fileURLToPath(new URL('../results/trend.ndjson', import.meta.url))

/** One run: a line of the trend. */
export interface TrendLine {
  at: string
  /** The commit that was measured; with `+` when files differed from it. */
  commit: string
  quick: boolean
  machine: Machine
  /** Medians by key; beside them `<key>.p99`. */
  figures: Record<string, number>
}

/** The line of a run. */
export async function trendLine(
  figures: readonly Figure[],
  o: { at: Date; quick: boolean; machine: Machine },
): Promise<TrendLine> {
  return {
    at: o.at.toISOString(),
    commit: await commit(),
    quick: o.quick,
    machine: o.machine,
    figures: Object.fromEntries(
      figures.flatMap(f => [
        [f.key, rounded(f.value)],
        ...(f.p99 === undefined ? [] : [[`${f.key}.p99`, rounded(f.p99)] as const]),
      ]),
    ),
  }
}

/** Adds the line to a file of lines. */
export async function append(file: string, line: TrendLine): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  await appendFile(file, `${JSON.stringify(line)}\n`)
}

/** Four digits are more than any of these figures is worth. */
export const rounded = (value: number): number => Number(value.toPrecision(4))

async function commit(): Promise<string> {
  const git = async (...words: string[]) =>
    (await promisify(execFile)('git', ['-C', root, ...words]).catch(() => ({ stdout: '' }))).stdout.trim()
  const id = await git('rev-parse', '--short=12', 'HEAD')
  if (id === '') return 'unknown'
  return (await git('status', '--porcelain', '--untracked-files=no')) === '' ? id : `${id}+`
}
