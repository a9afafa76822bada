import { lazy, Suspense } from 'react'
import { useTranslation } from 'react-i18next'
import { Status } from '../status/index.ts'
import { Name } from '../templates/name.tsx'
import { useTasks } from './use-tasks.ts'
import { useTaskText } from './use-task-text.ts'

const DrawerBody = lazy(() => import('./drawer-body.tsx').then(m => ({ default: m.DrawerBody })))

/** The line of tasks below every page; it opens to a list with their steps. Tasks belong to the engine: they go on without the page. */
export function TaskDrawer({ open, onToggle }: { open: boolean; onToggle: () => void }) {
  const { t } = useTranslation('tasks')
  const tasks = useTasks()
  const taskText = useTaskText()
  const [newest] = tasks.open
  const [trouble] = tasks.trouble
  return (
    <section className="rk-drawer" aria-label={t('drawer')} data-open={open}>
      <div className="rk-drawer-line">
        <button
          type="button"
          className="rk-plain rk-drawer-toggle"
          aria-expanded={open}
          aria-controls="task-drawer"
          onClick={onToggle}
        >
          <span aria-hidden="true">{open ? '▾' : '▸'}</span> {t('title')}
        </button>
        {open ? null : newest === undefined ? (
          <span className="rk-sub">{t('quiet')}</span>
        ) : (
          <span className="rk-drawer-task">
            <Status kind="task" status={newest.status} progress={newest.progress} />
            <Name text={taskText(newest)} most={60} />
            {tasks.open.length > 1 ? (
              <span className="rk-sub">{t('more', { count: tasks.open.length - 1 })}</span>
            ) : null}
          </span>
        )}
        {open || trouble === undefined ? null : (
          <span className="rk-drawer-task">
            <Status kind="task" status={trouble.status} />
            <Name text={taskText(trouble)} most={48} />
          </span>
        )}
      </div>
      <div id="task-drawer" className="rk-drawer-body" hidden={!open}>
        <Suspense>{open ? <DrawerBody tasks={tasks} onClose={onToggle} /> : null}</Suspense>
      </div>
    </section>
  )
}
