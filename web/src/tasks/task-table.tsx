import { useTranslation } from 'react-i18next'
import type { JobRow } from '../api/rows.ts'
import { epoch, Time, useFormat } from '../format/index.ts'
import { paths } from '../paths.ts'
import { Status } from '../status/index.ts'
import { Go } from '../templates/go.tsx'
import { Name } from '../templates/name.tsx'
import { SmallTable } from '../templates/table.tsx'
import { TaskActions } from './task-actions.tsx'
import { useTaskText } from './use-task-text.ts'

/** Tasks with their status, time and what can be done with them. */
export function TaskTable({ jobs }: { jobs: readonly JobRow[] }) {
  const { t } = useTranslation(['tasks', 'common'])
  const { duration } = useFormat()
  const taskText = useTaskText()
  return (
    <SmallTable
      label={t('tasks:title')}
      rows={jobs}
      keyOf={job => job.id}
      empty={<p>{t('tasks:none')}</p>}
      columns={[
        {
          title: t('tasks:what'),
          cell: job => (
            <Go to={paths.task(job.id)}>
              <Name text={taskText(job)} most={64} />
            </Go>
          ),
        },
        { title: t('common:status'), cell: job => <Status kind="task" status={job.status} progress={job.progress} /> },
        { title: t('tasks:started'), cell: job => <Time at={job.startedAt} why={t('tasks:notStarted')} /> },
        {
          title: t('tasks:took'),
          right: true,
          cell: job =>
            job.startedAt === null || job.endedAt === null ? '' : duration(epoch(job.endedAt) - epoch(job.startedAt)),
        },
        { title: t('common:actions'), cell: job => <TaskActions job={job} /> },
      ]}
    />
  )
}
