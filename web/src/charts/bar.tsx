import './charts.css'

/** How much of a whole is used: a bar, and the same in words for readers. `warn` and `full` are parts of one. */
export function Bar(p: {
  part: number | null
  whole: number | null
  /** What is measured: `Memory of web1`. */
  label: string
  /** The value in words: `1.9 of 4 GiB`. */
  text: string
  warn?: number
  width?: number
}) {
  const { part, whole, width = 64 } = p
  const share = part === null || whole === null || whole <= 0 ? 0 : Math.min(1, Math.max(0, part / whole))
  return (
    <svg
      className="rk-bar-chart"
      data-full={p.warn !== undefined && share > p.warn}
      width={width}
      height="8"
      viewBox={`0 0 ${width} 8`}
      role="img"
      aria-label={`${p.label}: ${p.text}`}
    >
      <rect className="rk-bar-rest" width={width} height="8" rx="2" />
      <rect className="rk-bar-part" width={share * width} height="8" rx="2" />
    </svg>
  )
}
