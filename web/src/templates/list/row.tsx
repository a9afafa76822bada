import { memo, type MouseEvent, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Dots } from '../action-menu.tsx'
import type { Column } from './types.ts'

interface RowProps<Row, Extra> {
  id: string
  index: number
  row: Row | undefined
  extra: Extra
  name: string
  columns: readonly Column<Row, Extra>[]
  selected: boolean
  gone: boolean
  /** The one row that Tab reaches; the others are reached by arrows. */
  current: boolean
  onSelect: (id: string, index: number, range: boolean) => void
  onMenu: (id: string, anchor: HTMLElement) => void
}

function RowPlain<Row, Extra>(p: RowProps<Row, Extra>): ReactNode {
  const { t } = useTranslation('list')
  const tab = p.current ? 0 : -1
  const select = (event: MouseEvent) => p.onSelect(p.id, p.index, event.shiftKey)
  return (
    <tr
      className={`rk-row${p.selected ? ' rk-row-selected' : ''}${p.gone ? ' rk-row-gone' : ''}`}
      aria-rowindex={p.index + 2}
      aria-selected={p.selected}
      tabIndex={tab}
      data-row={p.index}
      data-id={p.id}
    >
      <td className="rk-cell-check">
        <input
          type="checkbox"
          tabIndex={tab}
          checked={p.selected}
          onClick={select}
          onChange={() => {}}
          aria-label={t('selectRow', { name: p.name })}
        />
      </td>
      {p.columns.map((column, at) => (
        <td key={column.key} className={column.right === true ? 'rk-right' : undefined} data-column={column.key}>
          {p.row === undefined ? <span className="rk-bone" /> : column.cell(p.row, p.extra)}
          {at === 0 && p.gone ? <span className="pf-v6-screen-reader">{t('removed')}</span> : null}
        </td>
      ))}
      <td className="rk-cell-menu">
        <button
          type="button"
          className="rk-plain"
          tabIndex={tab}
          aria-label={t('actionsOf', { name: p.name })}
          aria-haspopup="menu"
          disabled={p.row === undefined || p.gone}
          onClick={event => p.onMenu(p.id, event.currentTarget)}
        >
          <Dots />
        </button>
      </td>
    </tr>
  )
}

/** One row: plain table elements, drawn again only when something of it changed. */
export const ListRow = memo(RowPlain) as typeof RowPlain
