import { Button } from '@patternfly/react-core'
import { useEffect, useLayoutEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useFormat } from '../../format/index.ts'
import { ActionButton } from '../action-button.tsx'
import { useGo } from '../go.tsx'
import { Problem } from '../problem.tsx'
import { PageTitle } from '../title.tsx'
import { searchText } from '../search-text.ts'
import { useTextSearch } from '../use-text-search.ts'
import { ColumnsMenu } from './columns-menu.tsx'
import { ListRow } from './row.tsx'
import { RowMenu } from './row-menu.tsx'
import { rowWindow } from './row-window.ts'
import { SearchBox } from './search-box.tsx'
import { Strip } from './strip.tsx'
import type { ListProps } from './types.ts'
import { useColumns } from './use-columns.ts'
import { useGridKeys } from './use-grid-keys.ts'
import { useRows } from './use-rows.ts'
import { useSelection } from './use-selection.ts'
import { useSpine } from './use-spine.ts'

const rowHeights = { compact: 32, comfortable: 44 }
const rowHeight = () =>
  rowHeights[document.documentElement.dataset['density'] === 'comfortable' ? 'comfortable' : 'compact']

/** The list template: search, columns, selection, live rows in an order that stands still, ten thousand of them as easily as ten. */
export function List<Row extends { id: string }, Extra>(p: ListProps<Row, Extra>) {
  const { t } = useTranslation('list')
  const format = useFormat()
  const go = useGo()
  const { search, change } = useTextSearch()
  const { shown: columns, choose } = useColumns(p.name, p.columns)
  const selection = useSelection()
  const scroller = useRef<HTMLDivElement>(null)
  const [inside, setInside] = useState(false)
  const [menu, setMenu] = useState<{ id: string; anchor: HTMLElement }>()
  const [view, setView] = useState({ top: 0, height: 600 })

  const sort = search['sort']
  const sortColumn = p.columns.find(column => column.key === sort?.replace(/^-/, ''))
  const sortWord = sortColumn?.sort === undefined ? undefined : `${sort?.startsWith('-') ? '-' : ''}${sortColumn.sort}`
  const text = searchText(p.within, search['q'] ?? '', sortWord)
  const held = inside || menu !== undefined || selection.ids.size > 0 || p.held === true
  const order = useSpine(p.search, text, held)
  const ids = order.ids ?? []
  const height = rowHeight()
  const { first, end } = rowWindow(view.top, view.height, height, ids.length)
  const windowIds = ids.slice(first, end)
  const { rows, error: rowsError } = useRows<Row>(p.rows, windowIds)
  const extra = p.useExtra(windowIds)
  const selectedRows = [...selection.ids].flatMap(id => rows.get(id) ?? [])
  const nameOf = (id: string) => {
    const row = rows.get(id)
    return row === undefined ? '' : p.rowName(row)
  }

  useLayoutEffect(() => {
    const element = scroller.current
    if (element === null) return
    const measure = () => setView(now => ({ ...now, height: element.clientHeight }))
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  useEffect(() => {
    scroller.current?.scrollTo({ top: 0 })
  }, [text])

  const grid = useGridKeys(scroller, {
    count: ids.length,
    page: Math.max(1, Math.floor(view.height / height) - 2),
    open(index) {
      const row = rows.get(ids[index] ?? '')
      if (row !== undefined) go(p.rowTo(row))
    },
    select: (index, range) => selection.toggle(ids[index] ?? '', index, range, ids),
    all: () => selection.set(ids),
    menu(index) {
      const anchor = scroller.current?.querySelector<HTMLElement>(`[data-row="${index}"] .rk-cell-menu button`)
      if (anchor !== null && anchor !== undefined) setMenu({ id: ids[index] ?? '', anchor })
    },
    reveal(index) {
      const element = scroller.current
      if (element === null) return
      const top = index * height
      const room = element.clientHeight - height * 2
      if (top < element.scrollTop) element.scrollTop = top
      else if (top > element.scrollTop + room) element.scrollTop = top - room
    },
  })

  const nothing = order.ids !== undefined && ids.length === 0
  const filtered = (search['q'] ?? '') !== ''
  const menuRow = menu === undefined ? undefined : rows.get(menu.id)
  const newKey = p.create?.[0]

  return (
    <div className={`rk-list${p.inset === true ? ' rk-list-inset' : ''}`}>
      {p.inset === true ? null : (
        <div className="rk-bar">
          <PageTitle title={p.title}>
            {p.title}
            <small>{order.ids === undefined ? null : p.count(order.total)}</small>
          </PageTitle>
          <span className="rk-space" />
          {p.create?.map((action, index) => (
            <ActionButton
              key={action.key}
              action={action}
              variant={index === 0 ? 'primary' : 'secondary'}
              size="default"
            />
          ))}
        </div>
      )}
      <div className="rk-bar">
        <SearchBox
          value={search['q'] ?? ''}
          onSearch={q => change({ q }, { replace: true })}
          hint={p.hint}
          label={t('searchIn', { title: p.title })}
          error={order.error?.code.startsWith('search') === true ? order.error : null}
        />
        <ColumnsMenu columns={p.columns} shown={new Set(columns.map(c => c.key))} onChange={choose} />
        {p.inset === true && ids.length > 0
          ? p.create?.map(action => <ActionButton key={action.key} action={action} size="default" />)
          : null}
      </div>
      {order.error !== null && !order.error.code.startsWith('search') ? (
        <Problem error={order.error} again={order.again} />
      ) : null}
      {rowsError !== null ? <Problem error={rowsError} /> : null}
      <div className="rk-table-card">
        <Strip
          selected={selection.ids.size}
          total={ids.length}
          actions={selectedRows.length === 0 ? [] : p.actions(selectedRows)}
          onClear={selection.clear}
          onAll={selection.ids.size < ids.length ? () => selection.set(ids) : undefined}
          difference={order.difference}
          onShow={() => {
            order.show()
            selection.set([...selection.ids].filter(id => !order.difference.gone.has(id)))
          }}
        />
        <div
          ref={scroller}
          className="rk-scroller"
          onScroll={event => {
            const { scrollTop } = event.currentTarget
            setView(now => (Math.abs(now.top - scrollTop) < height ? now : { ...now, top: scrollTop }))
          }}
        >
          {nothing ? (
            filtered ? (
              <div className="rk-empty">
                <p>{t('noMatch', { title: p.title })}</p>
                <p>
                  <code>{search['q']}</code>
                </p>
                <Button variant="link" onClick={() => change({ q: undefined }, { replace: true })}>
                  {t('clearSearch')}
                </Button>
              </div>
            ) : (
              <div className="rk-empty">{p.empty}</div>
            )
          ) : (
            // The grid pattern: one tab stop, arrows inside.
            <table
              className="rk-table"
              role="grid"
              aria-label={p.title}
              aria-rowcount={order.ids === undefined ? -1 : ids.length + 1}
              aria-multiselectable="true"
              onKeyDown={grid.onKeyDown}
              onFocus={grid.onFocus}
            >
              <colgroup>
                <col className="rk-col-check" />
                {columns.map(column => (
                  <col key={column.key} style={{ width: `${(column.width ?? 1) * 10}%` }} />
                ))}
                <col className="rk-col-menu" />
              </colgroup>
              <thead>
                <tr aria-rowindex={1}>
                  <th className="rk-cell-check" scope="col">
                    <input
                      type="checkbox"
                      aria-label={t('selectAllShown')}
                      checked={ids.length > 0 && selection.ids.size >= ids.length}
                      onChange={event => (event.target.checked ? selection.set(ids) : selection.clear())}
                    />
                  </th>
                  {columns.map(column => {
                    const by = sortColumn?.key === column.key
                    const down = by && sort?.startsWith('-') === true
                    return (
                      <th
                        key={column.key}
                        scope="col"
                        className={column.right === true ? 'rk-right' : undefined}
                        aria-sort={by ? (down ? 'descending' : 'ascending') : undefined}
                      >
                        {column.sort === undefined ? (
                          column.title
                        ) : (
                          <button
                            type="button"
                            onClick={() =>
                              change({ sort: by && !down ? `-${column.key}` : column.key }, { replace: true })
                            }
                          >
                            {column.title}
                            <span aria-hidden="true" className="rk-sort">
                              {by ? (down ? '▼' : '▲') : ''}
                            </span>
                          </button>
                        )}
                      </th>
                    )
                  })}
                  <th className="rk-cell-menu" scope="col">
                    <span className="pf-v6-screen-reader">{t('actions')}</span>
                  </th>
                </tr>
              </thead>
              <tbody onPointerEnter={() => setInside(true)} onPointerLeave={() => setInside(false)}>
                {first > 0 ? <Spacer rows={first} height={height} columns={columns.length + 2} /> : null}
                {windowIds.map((id, at) => (
                  <ListRow<Row, Extra>
                    key={id}
                    id={id}
                    index={first + at}
                    row={rows.get(id)}
                    extra={extra}
                    name={nameOf(id)}
                    columns={columns}
                    selected={selection.ids.has(id)}
                    gone={order.difference.gone.has(id)}
                    current={first + at === grid.current}
                    onSelect={(one, index, range) => selection.toggle(one, index, range, ids)}
                    onMenu={(one, anchor) => setMenu(now => (now?.id === one ? undefined : { id: one, anchor }))}
                  />
                ))}
                {end < ids.length ? (
                  <Spacer rows={ids.length - end} height={height} columns={columns.length + 2} />
                ) : null}
              </tbody>
            </table>
          )}
        </div>
        <div className="rk-foot">
          {ids.length === 0 ? null : t('rows', { from: format.number(1), to: format.number(ids.length) })}
          {order.total > ids.length ? ` ${t('tooMany', { n: format.number(order.total) })}` : null}
          <span className="rk-space" />
          {t('byEngine')}
        </div>
      </div>
      {menu === undefined || menuRow === undefined ? null : (
        <RowMenu
          anchor={menu.anchor}
          label={t('actionsOf', { name: p.rowName(menuRow) })}
          actions={p.actions([menuRow])}
          onClose={() => setMenu(undefined)}
        />
      )}
      {newKey === undefined ? null : <NewKey action={newKey.run} />}
    </div>
  )
}

/** Stands for the rows that are not in the page, so that the scroller is as long as the list. */
const Spacer = ({ rows, height, columns }: { rows: number; height: number; columns: number }) => (
  <tr aria-hidden="true" style={{ height: rows * height }}>
    <td colSpan={columns} />
  </tr>
)

/** `n` makes a new one. */
function NewKey({ action }: { action: () => void }) {
  const latest = useRef(action)
  useEffect(() => {
    latest.current = action
  })
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return
      if (document.documentElement.dataset['keys'] === 'off') return
      const { target } = event
      const free =
        target === document.body || (target instanceof HTMLElement && target.matches('#main, #page-title, [data-row]'))
      if (!free || event.code !== 'KeyN' || event.shiftKey) return
      event.preventDefault()
      latest.current()
    }
    document.addEventListener('keydown', press)
    return () => document.removeEventListener('keydown', press)
  }, [])
  return null
}
