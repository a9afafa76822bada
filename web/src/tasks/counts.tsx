import { useTranslation } from 'react-i18next'
import { StatusIcon } from '../status/index.ts'
import { useTasks } from './use-tasks.ts'

/** How many tasks work, and how many failed or need a person; opens the drawer. */
export function TaskCounts({ onOpen }: { onOpen: () => void }) {
  const { t } = useTranslation('shell')
  const { open, trouble } = useTasks()
  if (open.length === 0 && trouble.length === 0) return null
  const words = [
    ...(open.length > 0 ? [t('counts.running', { count: open.length })] : []),
    ...(trouble.length > 0 ? [t('counts.trouble', { count: trouble.length })] : []),
  ]
  return (
    <button type="button" className="rk-plain rk-counts" onClick={onOpen}>
      <span className="pf-v6-screen-reader">{words.join(', ')}</span>
      {open.length > 0 ? (
        <span aria-hidden="true">
          <StatusIcon role="working" /> {open.length}
        </span>
      ) : null}
      {trouble.length > 0 ? (
        <span aria-hidden="true">
          <StatusIcon role="attention" /> {trouble.length}
        </span>
      ) : null}
    </button>
  )
}
