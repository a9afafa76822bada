import { Button } from '@patternfly/react-core'
import { useTranslation } from 'react-i18next'
import { ActionButton } from '../action-button.tsx'
import { ActionMenu } from '../action-menu.tsx'
import type { ActionItem } from '../actions.ts'
import type { OrderDifference } from './order.ts'

/** How many actions of a selection stand as buttons; the others are in the menu. */
const buttons = 4

/** The line of fixed height above the rows: what is selected and what can be done with it, and how the order would change. */
export function Strip(p: {
  selected: number
  total: number
  actions: readonly ActionItem[]
  onClear: () => void
  onAll: (() => void) | undefined
  difference: OrderDifference
  onShow: () => void
}) {
  const { t } = useTranslation('list')
  const { added, moved, gone } = p.difference
  const parts = [
    ...(added > 0 ? [t('new', { count: added })] : []),
    ...(moved > 0 ? [t('moved', { count: moved })] : []),
    ...(gone.size > 0 ? [t('gone', { count: gone.size })] : []),
  ]
  return (
    <div className="rk-strip" data-on={p.selected > 0}>
      {p.selected === 0 ? null : (
        <>
          <strong role="status">{t('selected', { count: p.selected })}</strong>
          {p.actions.slice(0, buttons).map(action => (
            <ActionButton key={action.key} action={action} />
          ))}
          {p.actions.length > buttons ? (
            <ActionMenu actions={p.actions.slice(buttons)} name={t('moreForSelection')} />
          ) : null}
          {p.onAll === undefined ? null : (
            <Button variant="link" size="sm" onClick={p.onAll}>
              {t('selectAll', { n: p.total })}
            </Button>
          )}
          <Button variant="link" size="sm" onClick={p.onClear}>
            {t('clearSelection')}
          </Button>
        </>
      )}
      <span className="rk-strip-order" role="status">
        {parts.length === 0 ? null : `${t('held')} · ${parts.join(', ')}`}
      </span>
      {parts.length === 0 ? null : (
        <Button variant="link" size="sm" onClick={p.onShow}>
          {t('show')}
        </Button>
      )}
    </div>
  )
}
