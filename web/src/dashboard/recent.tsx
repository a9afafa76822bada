import { useTranslation } from 'react-i18next'
import { useAsk } from '../api/hooks.ts'
import { EventLine } from '../events/event-line.tsx'
import { Ago } from '../format/index.ts'
import { paths } from '../paths.ts'
import { Status } from '../status/index.ts'
import { Card } from '../templates/card.tsx'
import { Go } from '../templates/go.tsx'
import { Name } from '../templates/name.tsx'
import { useTaskText } from '../tasks/use-task-text.ts'

const open = new Set(['queued', 'running', 'undoing', 'stuck'])

/** Tasks that run now, and the latest events. */
export function Recent() {
  const { t } = useTranslation('dashboard')
  const taskText = useTaskText()
  const jobs = useAsk('job.list', { max: 100 })
  const events = useAsk('event.search', { max: 8 })
  const running = (jobs.data ?? []).filter(job => open.has(job.status)).slice(0, 8)
  return (
    <>
      <Card title={t('tasks.title')} more={<Go to={paths.tasks()}>{t('tasks.link')}</Go>}>
        {jobs.data !== undefined && running.length === 0 ? <p className="rk-sub">{t('tasks.none')}</p> : null}
        <ul>
          {running.map(job => (
            <li key={job.id}>
              <Status kind="task" status={job.status} progress={job.progress} />
              <Go to={paths.task(job.id)} className="rk-grow rk-clip">
                <Name text={taskText(job)} most={60} />
              </Go>
              <span className="rk-sub rk-small">
                <Ago at={job.createdAt} />
              </span>
            </li>
          ))}
        </ul>
      </Card>
      <Card title={t('events.title')} more={<Go to={paths.events()}>{t('events.link')}</Go>}>
        <ul>
          {(events.data ?? []).map(event => (
            <li key={event.id}>
              <EventLine event={event} />
            </li>
          ))}
        </ul>
      </Card>
    </>
  )
}
