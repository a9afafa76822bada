import { indent, type Duration } from './run-suite.ts'

const seconds = (ms: number) => `${(ms / 1_000).toFixed(1).padStart(7)} s`

/** The slowest files and the slowest tests, each list `count` lines long; a file with much time and little of a processor waits. */
export function slowest(durations: readonly Duration[], count: number): string {
  const longest = (of: readonly Duration[]) => of.toSorted((a, b) => b.ms - a.ms).slice(0, count)
  const files = longest(durations.filter(d => d.name === undefined)).map(
    d => `${seconds(d.ms)}  ${seconds(d.cpuMs ?? 0)} of a processor  ${d.file}`,
  )
  const tests = longest(durations.filter(d => d.name !== undefined)).map(
    d => `${seconds(d.ms)}  ${d.file}: ${d.name ?? ''}`,
  )
  return `slowest files:\n${indent(files.join('\n'), '  ')}\nslowest tests:\n${indent(tests.join('\n'), '  ')}\n`
}
