import type { ReactNode } from 'react'

/** A column of a small table. */
export interface SmallColumn<Row> {
  title: string
  right?: boolean
  cell: (row: Row) => ReactNode
}

/** A table of a few rows inside a page: no search, no selection. */
export function SmallTable<Row>(p: {
  label: string
  columns: readonly SmallColumn<Row>[]
  rows: readonly Row[]
  keyOf: (row: Row) => string
  empty: ReactNode
}) {
  if (p.rows.length === 0) return <div className="rk-empty">{p.empty}</div>
  return (
    <div className="rk-scroller">
      <table className="rk-table rk-table-auto" aria-label={p.label}>
        <thead>
          <tr>
            {p.columns.map(column => (
              <th key={column.title} scope="col" className={column.right === true ? 'rk-right' : undefined}>
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {p.rows.map(row => (
            <tr key={p.keyOf(row)} className="rk-row">
              {p.columns.map(column => (
                <td key={column.title} className={column.right === true ? 'rk-right' : undefined}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
