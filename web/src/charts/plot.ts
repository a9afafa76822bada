import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import type { Value } from './numbers.ts'

/** What a plot draws. Times are epoch milliseconds. */
export interface PlotData {
  at: readonly number[]
  series: readonly { label: string; values: readonly Value[] }[]
  from: number
  to: number
  /** The top of the axis, which begins at zero. */
  top: number
}

/** How a plot draws, and whom it tells. */
export interface PlotOptions {
  height: number
  value(n: number): string
  time(ms: number): string
  /** The pointer stands over this point; null: over none. */
  over(index: number | null): void
  select(from: number, to: number): void
}

export interface Plot {
  update(data: PlotData): void
  end(): void
}

/** All plots of the page share one line under the pointer. */
const sync = 'rookery'
/** Series are told apart by their dashes too. */
const dashes = [[], [6, 3], [2, 2], [8, 3, 2, 3]]
/** Room at the right for the names of series. */
const labelRoom = 104
const axisRoom = 76

const token = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim()
const ratio = () => window.devicePixelRatio

/** Draws series over time into `target`, filling its width. It is drawn anew when the theme changes. */
export function drawPlot(target: HTMLElement, first: PlotData, o: PlotOptions): Plot {
  let data = first
  let plot = make()
  const count = first.series.length

  function rows(): uPlot.AlignedData {
    return [data.at.map(at => at / 1000), ...data.series.map(({ values }) => [...values])] as uPlot.AlignedData
  }

  function make(): uPlot {
    const text = token('--rk-sub')
    const grid = { stroke: token('--rk-line-soft'), width: 1 }
    const font = `12px ${getComputedStyle(document.body).fontFamily}`
    const axis = { stroke: text, font, grid, ticks: { show: false } }
    const colours = dashes.map((_, i) => token(`--rk-series-${i + 1}`))
    return new uPlot(
      {
        width: Math.max(200, target.clientWidth),
        height: o.height,
        padding: [10, labelRoom, 0, 0],
        legend: { show: false },
        cursor: {
          sync: { key: sync },
          drag: { x: true, y: false, setScale: false },
          points: { size: 7 },
        },
        scales: {
          x: { time: true, range: () => [data.from / 1000, data.to / 1000] },
          y: { range: () => [0, data.top] },
        },
        axes: [
          { ...axis, grid: { show: false }, space: 90, size: 26, values: (_u, at) => at.map(s => o.time(s * 1000)) },
          {
            ...axis,
            size: axisRoom,
            splits: () => [0, data.top / 2, data.top],
            values: (_u, at) => at.map(n => o.value(n)),
          },
        ],
        series: [
          {},
          ...data.series.map(({ label }, i) => ({
            label,
            stroke: colours[i % colours.length] ?? text,
            width: 1.8,
            dash: dashes[i % dashes.length] ?? [],
            spanGaps: false,
            points: { show: false },
          })),
        ],
        hooks: {
          setCursor: [u => o.over(u.cursor.idx ?? null)],
          setSelect: [
            u => {
              const { left, width } = u.select
              if (width < 5) return
              o.select(u.posToVal(left, 'x') * 1000, u.posToVal(left + width, 'x') * 1000)
              u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
            },
          ],
          draw: [u => label(u, colours, font)],
        },
      },
      rows(),
      target,
    )
  }

  /** The name and last value of each series, at the height where it ends, none over another. */
  function label(u: uPlot, colours: readonly string[], font: string): void {
    const { ctx } = u
    const px = ratio()
    const ends = data.series.flatMap(({ label, values }, i) => {
      const last = values.findLast(value => value !== null)
      return typeof last === 'number'
        ? [
            {
              text: `${label} ${o.value(last)}`,
              y: u.valToPos(last, 'y', true),
              colour: colours[i % colours.length] ?? '',
            },
          ]
        : []
    })
    ends.sort((a, b) => a.y - b.y)
    const line = 15 * px
    for (const [i, end] of ends.entries()) {
      const above = ends[i - 1]
      if (above !== undefined) end.y = Math.max(end.y, above.y + line)
    }
    const bottom = u.bbox.top + u.bbox.height
    for (let i = ends.length - 1; i >= 0; i--) {
      const end = ends[i] as (typeof ends)[number]
      const below = ends[i + 1]
      end.y = Math.min(end.y, below === undefined ? bottom : below.y - line)
    }
    ctx.save()
    ctx.font = font.replace('12px', `${12 * px}px`)
    ctx.textAlign = 'left'
    ctx.textBaseline = 'middle'
    for (const { text, y, colour } of ends) {
      ctx.fillStyle = colour
      ctx.fillText(text, u.bbox.left + u.bbox.width + 8 * px, y)
    }
    ctx.restore()
  }

  const anew = () => {
    plot.destroy()
    plot = make()
  }
  const themed = new MutationObserver(anew)
  themed.observe(document.documentElement, { attributes: true, attributeFilter: ['class'] })
  const sized = new ResizeObserver(() => {
    if (target.clientWidth > 0) plot.setSize({ width: Math.max(200, target.clientWidth), height: o.height })
  })
  sized.observe(target)

  return {
    update(next) {
      data = next
      if (next.series.length === count) plot.setData(rows())
      else anew()
    },
    end() {
      themed.disconnect()
      sized.disconnect()
      plot.destroy()
    },
  }
}
