import { type Figure, reached } from './bench.ts'
import { rounded } from './trend.ts'

const shown = (value: number): string =>
  value >= 1000 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(3)))

function aimText(figure: Figure): string {
  const { aim } = figure
  if (aim === undefined) return ''
  const parts = [
    aim.most === undefined ? '' : `≤ ${aim.most}`,
    aim.least === undefined ? '' : `≥ ${aim.least}`,
    aim.p99 === undefined ? '' : `p99 ≤ ${aim.p99} ms`,
  ].filter(part => part !== '')
  return `${reached(figure) === true ? '✓' : '✗'} aim ${parts.join(', ')}`
}

/** A table for people: what, median with the range of its runs, the slowest hundredth, and the aim. */
export function table(figures: readonly Figure[]): string {
  const rows = figures.map(f => [
    f.title,
    `${shown(f.value)} ${f.unit === 'x' ? '×' : f.unit}`,
    f.runs > 1 ? `${shown(f.low)}…${shown(f.high)}` : '',
    f.p99 === undefined ? '' : `p99 ${shown(f.p99)} ms`,
    aimText(f),
  ])
  const widths = [0, 1, 2, 3].map(i => Math.max(0, ...rows.map(row => row[i]?.length ?? 0)))
  return rows
    .map(row =>
      row.map((cell, i) => (i === 0 || i === 4 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))),
    )
    .map(row => row.join('  ').trimEnd())
    .join('\n')
}

/** The same for programs. */
export const asJson = (figures: readonly Figure[]) =>
  figures.map(f => ({
    ...f,
    value: rounded(f.value),
    low: rounded(f.low),
    high: rounded(f.high),
    ...(f.p99 === undefined ? {} : { p99: rounded(f.p99) }),
    ...(f.aim === undefined ? {} : { reached: reached(f) }),
  }))
