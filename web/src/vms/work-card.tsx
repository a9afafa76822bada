import { useTranslation } from 'react-i18next'
import { useAsk } from '../api/hooks.ts'
import { EventLine } from '../events/event-line.tsx'
import { paths } from '../paths.ts'
import { StepList } from '../tasks/step-list.tsx'
import { isOpen } from '../tasks/task-words.ts'
import { Card } from '../templates/card.tsx'
import { Go } from '../templates/go.tsx'
import { Name } from '../templates/name.tsx'
import { useTaskText } from '../tasks/use-task-text.ts'

/** The task that works on a VM now, step by step. */
export function RunningTask({ vmId }: { vmId: string }) {
  const { t } = useTranslation('vms')
  const taskText = useTaskText()
  const { data: jobs } = useAsk('job.list', { max: 200 })
  const job = jobs?.find(one => isOpen(one) && one.refs.some(ref => ref.id === vmId))
  return (
    <Card title={t('card.task')}>
      {job === undefined ? (
        <p className="rk-sub">{t('noTask')}</p>
      ) : (
        <>
          <p>
            <Go to={paths.task(job.id)}>
              <Name text={taskText(job)} most={60} />
            </Go>
          </p>
          <StepList jobId={job.id} />
        </>
      )}
    </Card>
  )
}

/** The latest events about a VM. */
export function LatestEvents({ vmId }: { vmId: string }) {
  const { t } = useTranslation('vms')
  const { data: events } = useAsk('event.search', { about: { kind: 'vm', id: vmId }, max: 6 })
  return (
    <Card title={t('card.events')} more={<Go to={paths.vm(vmId, 'activity')}>{t('allActivity')}</Go>}>
      <ul className="rk-mini-events">
        {events?.map(event => (
          <li key={event.id}>
            <EventLine event={event} />
          </li>
        ))}
      </ul>
    </Card>
  )
}
