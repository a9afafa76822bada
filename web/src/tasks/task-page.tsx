import { useParams } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { useAsk } from '../api/hooks.ts'
import { EventLine } from '../events/event-line.tsx'
import { Time } from '../format/index.ts'
import { paths } from '../paths.ts'
import { Status } from '../status/index.ts'
import { Card, Facts } from '../templates/card.tsx'
import { Copy } from '../templates/copy.tsx'
import { Gone } from '../templates/detail/gone.tsx'
import { Go } from '../templates/go.tsx'
import { Name } from '../templates/name.tsx'
import { PageTitle } from '../templates/title.tsx'
import { refPath } from './ref-path.ts'
import { StepList } from './step-list.tsx'
import { TaskActions } from './task-actions.tsx'
import { useTaskText } from './use-task-text.ts'

/** One task: its steps with their times, what it is about, what it said. */
export function TaskPage() {
  const { t } = useTranslation(['tasks', 'shell', 'common', 'detail'])
  const { id = '' } = useParams({ strict: false }) as { id?: string }
  const taskText = useTaskText()
  const { data: jobs } = useAsk('job.list', { ids: [id] })
  const { data: users } = useAsk('user.list', {})
  const job = jobs?.[0]
  const { data: events } = useAsk(
    'event.search',
    { text: `correlation_id = ${job?.correlationId ?? ''}`, max: 20 },
    { enabled: job?.correlationId != null },
  )
  if (jobs === undefined) return <div className="rk-page" aria-busy="true" />
  if (job === undefined) return <Gone kind="job" id={id} list={{ label: t('tasks:title'), to: paths.tasks() }} />
  const owner = users?.find(user => user.id === job.ownerId)?.name
  const failure = job.error?.stuck ?? job.error
  return (
    <div className="rk-page">
      <nav aria-label={t('detail:where')} className="rk-breadcrumb">
        <ol>
          <li>{t('shell:group.activity')}</li>
          <li>
            <Go to={paths.tasks()}>{t('tasks:title')}</Go>
          </li>
          <li aria-current="page">
            <Name text={taskText(job)} most={40} />
          </li>
        </ol>
      </nav>
      <div className="rk-bar rk-detail-head">
        <PageTitle title={taskText(job)}>
          <Name text={taskText(job)} most={80} />
        </PageTitle>
        <span className="rk-detail-status">
          <Status kind="task" status={job.status} progress={job.progress} />
        </span>
        <span className="rk-space" />
        <TaskActions job={job} />
      </div>
      <div className="rk-grid rk-gap">
        <Card title={t('tasks:steps')}>
          <StepList jobId={job.id} kind={job.kind} />
        </Card>
        <Card title={t('tasks:about')}>
          <Facts
            facts={[
              [
                t('tasks:objects'),
                job.refs.map(ref => {
                  const to = refPath(ref)
                  const name = <Name text={ref.name ?? ref.id} />
                  return <div key={`${ref.kind}${ref.id}`}>{to === undefined ? name : <Go to={to}>{name}</Go>}</div>
                }),
              ],
              [t('tasks:by'), owner === undefined ? t('tasks:engineItself') : <Name text={owner} />],
              [t('tasks:queued'), <Time at={job.createdAt} />],
              [t('tasks:started'), <Time at={job.startedAt} why={t('tasks:notStarted')} />],
              [t('tasks:ended'), job.endedAt === null ? undefined : <Time at={job.endedAt} />],
              [
                t('tasks:why'),
                failure === null || failure === undefined ? undefined : (
                  <span lang="en">
                    <bdi>{failure.message}</bdi> <code>{failure.code}</code>
                  </span>
                ),
              ],
              [
                t('common:id'),
                <>
                  <span className="rk-small">{job.id}</span> <Copy text={job.id} />
                </>,
              ],
              [
                t('common:error.correlation'),
                job.correlationId === null ? undefined : (
                  <>
                    <span className="rk-small">
                      <Name text={job.correlationId} />
                    </span>{' '}
                    <Copy text={job.correlationId} />
                  </>
                ),
              ],
            ]}
          />
        </Card>
        <Card title={t('shell:page.events')}>
          <ul className="rk-mini-events">
            {events?.map(event => (
              <li key={event.id}>
                <EventLine event={event} />
              </li>
            ))}
          </ul>
        </Card>
      </div>
    </div>
  )
}
