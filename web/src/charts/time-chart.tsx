import { Button } from '@patternfly/react-core'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type Format, useFormat } from '../format/index.ts'
import './charts.css'
import { spread, summarise, type Value } from './numbers.ts'
import type { Plot, PlotData } from './plot.ts'

const height = 150
/** Rows of the table at most. */
const tableRows = 120

export interface ChartSeries {
  label: string
  values: readonly Value[]
}

export interface TimeChartProps {
  title: string
  /** Whose numbers these are, for the sentence: `web1`. */
  subject: string
  at: readonly number[]
  series: readonly ChartSeries[]
  /** The axis of time, epoch ms. */
  from: number
  to: number
  /** The top of the other axis. */
  top: number
  value: (n: number | null) => string
  /** Somebody marked a piece of time. */
  onSelect: (from: number, to: number) => void
}

/** Series over time: axes, one line under the pointer for all charts of the page, gaps as gaps, and the same in words and as a table. */
export function TimeChart(p: TimeChartProps) {
  const { t } = useTranslation('charts')
  const format = useFormat()
  const [over, setOver] = useState<number | null>(null)
  const [table, setTable] = useState(false)
  const words = useWords(p, format)
  const index = over !== null && p.at[over] !== undefined ? over : null
  return (
    <section className="rk-chart" aria-label={p.title}>
      <header className="rk-chart-head">
        <h2>{p.title}</h2>
        <span className="rk-sub rk-small">
          {index === null
            ? words
            : `${format.timeOfDay(p.at[index])} · ${p.series
                .map(({ label, values }) => `${label} ${p.value(values[index] ?? null)}`)
                .join(' · ')}`}
        </span>
        <Button variant="link" isInline size="sm" aria-expanded={table} onClick={() => setTable(!table)}>
          {table ? t('hideTable') : t('showTable')}
          <span className="pf-v6-screen-reader"> {p.title}</span>
        </Button>
      </header>
      <Canvas {...p} words={`${t('of', { what: p.title, subject: p.subject })}: ${words}`} onOver={setOver} />
      {table && <Table {...p} />}
    </section>
  )
}

/** `average 12%, peak 91% at 14:02, now 31%`, for each series. */
function useWords(p: TimeChartProps, format: Format): string {
  const { t } = useTranslation('charts')
  const parts = p.series.map(({ label, values }) => {
    const found = summarise(p.at, values)
    if (found === undefined) return undefined
    const said = t('summary', {
      average: p.value(found.average),
      peak: p.value(found.peak),
      at: format.timeOfDay(found.peakAt, false),
      now: p.value(found.now),
    })
    return p.series.length === 1 ? said : `${label}: ${said}`
  })
  const known = parts.filter(part => part !== undefined)
  return known.length === 0 ? t('nothing') : known.join('; ')
}

function Canvas(p: TimeChartProps & { words: string; onOver: (index: number | null) => void }) {
  const { timeOfDay } = useFormat()
  const target = useRef<HTMLDivElement>(null)
  const plot = useRef<Plot>(undefined)
  const latest = useRef({ p, timeOfDay })
  useEffect(() => {
    latest.current = { p, timeOfDay }
    plot.current?.update(dataOf(p))
  })
  useEffect(() => {
    let gone = false
    // The library comes with the first chart.
    void import('./plot.ts').then(({ drawPlot }) => {
      if (gone || target.current === null) return
      plot.current = drawPlot(target.current, dataOf(latest.current.p), {
        height,
        value: n => latest.current.p.value(n),
        time: ms => latest.current.timeOfDay(ms, false),
        over: index => latest.current.p.onOver(index),
        select: (from, to) => latest.current.p.onSelect(from, to),
      })
    })
    return () => {
      gone = true
      plot.current?.end()
      plot.current = undefined
    }
  }, [])
  return <div ref={target} className="rk-plot" role="img" aria-label={p.words} style={{ blockSize: height }} />
}

const dataOf = ({ at, series, from, to, top }: TimeChartProps): PlotData => ({ at, series, from, to, top })

function Table({ at, series, value, title }: TimeChartProps) {
  const { t } = useTranslation('charts')
  const { absolute } = useFormat()
  return (
    // A scroller that a keyboard can reach.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="rk-chart-table" tabIndex={0} role="region" aria-label={t('tableOf', { title })}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t('time')}</th>
            {series.map(({ label }) => (
              <th scope="col" key={label}>
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {spread(at.length, tableRows).map(i => (
            <tr key={at[i]}>
              <td>{absolute(at[i])}</td>
              {series.map(({ label, values }) => (
                <td key={label}>{value(values[i] ?? null)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
