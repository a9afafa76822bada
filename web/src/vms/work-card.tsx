import { useTranslation } from 'react-i18next'
import { useAsk } from '../api/hooks.ts'
import { EventLine } from '../events/event-line.tsx'
import { paths } from '../paths.ts'
import { Card } from '../templates/card.tsx'
import { Go } from '../templates/go.tsx'

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
