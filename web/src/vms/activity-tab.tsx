import { useTranslation } from 'react-i18next'
import { useAsk } from '../api/hooks.ts'
import type { VmRow } from '../api/rows.ts'
import { EventFeed } from '../events/event-feed.tsx'
import { TaskTable } from '../tasks/task-table.tsx'
import { Card } from '../templates/card.tsx'

/** What happened to a VM: its tasks and its events. */
export function VmActivity({ vm }: { vm: VmRow }) {
  const { t } = useTranslation('vms')
  const { data: jobs } = useAsk('job.list', { max: 500 })
  return (
    <div className="rk-column">
      <Card title={t('card.tasks')}>
        <TaskTable jobs={(jobs ?? []).filter(job => job.refs.some(ref => ref.id === vm.id)).slice(0, 50)} />
      </Card>
      <EventFeed about={{ kind: 'vm', id: vm.id }} label={t('card.events')} none={t('noEvents')} />
    </div>
  )
}
