import { useTranslation } from 'react-i18next'
import { useAsk } from '../api/hooks.ts'
import { paths } from '../paths.ts'
import { Card } from '../templates/card.tsx'
import { Go } from '../templates/go.tsx'
import { Name } from '../templates/name.tsx'
import { StepList } from './step-list.tsx'
import { TaskActions } from './task-actions.tsx'
import { isOpen } from './task-words.ts'
import { useTaskText } from './use-task-text.ts'

/** The task that works on an object now, step by step. `orNone`: said when there is none; without it nothing stands there then. */
export function RunningTask({ about, orNone }: { about: string; orNone?: string }) {
  const { t } = useTranslation('tasks')
  const taskText = useTaskText()
  const { data: jobs } = useAsk('job.list', { max: 200 })
  const job = jobs?.find(one => isOpen(one) && one.refs.some(ref => ref.id === about))
  if (job === undefined)
    return orNone === undefined ? null : (
      <Card title={t('nowRunning')}>
        <p className="rk-sub">{orNone}</p>
      </Card>
    )
  return (
    <Card title={t('nowRunning')}>
      <p>
        <Go to={paths.task(job.id)}>
          <Name text={taskText(job)} most={60} />
        </Go>
      </p>
      <StepList jobId={job.id} kind={job.kind} />
      <TaskActions job={job} />
    </Card>
  )
}
