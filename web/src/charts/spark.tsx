import './charts.css'

/** A small line of the newest values, beside the number it belongs to: decoration, so readers hear the number only. */
export function Spark({
  values,
  max,
  width = 64,
  height = 18,
}: {
  values: readonly (number | null)[]
  /** The top; absent: the largest value. */
  max?: number
  width?: number
  height?: number
}) {
  const top = max ?? Math.max(...values.map(value => value ?? 0), Number.MIN_VALUE)
  const step = width / Math.max(1, values.length - 1)
  let path = ''
  let pen = 'M'
  for (const [i, value] of values.entries()) {
    if (value === null) {
      pen = 'M'
      continue
    }
    const y = height - 1 - Math.min(1, Math.max(0, value / top)) * (height - 2)
    path += `${pen}${(i * step).toFixed(1)} ${y.toFixed(1)}`
    pen = 'L'
  }
  return (
    <svg className="rk-spark" width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
      <path d={path} />
    </svg>
  )
}
