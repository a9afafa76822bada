import { useTranslation } from 'react-i18next'
import { useFormat } from '../format/index.ts'
import { PageTitle } from '../templates/title.tsx'
import { useTextSearch } from '../templates/use-text-search.ts'
import { shows, TaskTabs, tasksShown } from './task-tabs.tsx'
import { TaskTable } from './task-table.tsx'
import { useTasks } from './use-tasks.ts'
import '../templates/card.css'

/** All tasks. */
export function TasksPage() {
  const { t } = useTranslation('tasks')
  const { count } = useFormat()
  const { search, change } = useTextSearch()
  const tasks = useTasks()
  const show = shows.find(one => one === search['show']) ?? 'all'
  return (
    <div className="rk-page">
      <PageTitle title={t('title')}>
        {t('title')} <small>{tasks.loaded ? count('task', tasks.all.length) : null}</small>
      </PageTitle>
      <p className="rk-sub">{t('lead')}</p>
      <div className="rk-bar rk-gap">
        <TaskTabs
          jobs={tasks.all}
          show={show}
          onShow={next => change({ show: next === 'all' ? undefined : next }, { replace: true })}
        />
      </div>
      <div className="rk-card">
        <TaskTable jobs={tasksShown(tasks.all, show)} />
      </div>
    </div>
  )
}
