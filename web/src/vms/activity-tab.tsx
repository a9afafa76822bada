import { useTranslation } from 'react-i18next'
import { useAsk } from '../api/hooks.ts'
import type { VmRow } from '../api/rows.ts'
import { EventLine } from '../events/event-line.tsx'
import { TaskTable } from '../tasks/task-table.tsx'
import { Card } from '../templates/card.tsx'

/** What happened to a VM: its tasks and its events. */
export function VmActivity({ vm }: { vm: VmRow }) {
  const { t } = useTranslation('vms')
  const { data: jobs } = useAsk('job.list', { max: 500 })
  const { data: events } = useAsk('event.search', { about: { kind: 'vm', id: vm.id }, max: 100 })
  return (
    <div className="rk-column">
      <Card title={t('card.tasks')}>
        <TaskTable jobs={(jobs ?? []).filter(job => job.refs.some(ref => ref.id === vm.id)).slice(0, 50)} />
      </Card>
      <Card title={t('card.events')}>
        <ul className="rk-events">
          {events?.map(event => (
            <li key={event.id}>
              <EventLine event={event} />
            </li>
          ))}
        </ul>
      </Card>
    </div>
  )
}
