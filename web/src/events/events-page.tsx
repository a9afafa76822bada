import { useTranslation } from 'react-i18next'
import { PageTitle } from '../templates/title.tsx'
import { EventFeed } from './event-feed.tsx'

/** Everything that happened, newest on top. */
export function EventsPage() {
  const { t } = useTranslation('events')
  return (
    <div className="rk-page">
      <PageTitle title={t('title')} />
      <EventFeed label={t('title')} none={t('none')} />
    </div>
  )
}
