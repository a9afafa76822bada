import { useTranslation } from 'react-i18next'
import { useAsk } from '../../api/hooks.ts'
import { Time } from '../../format/index.ts'
import { Go } from '../go.tsx'
import { PageTitle } from '../title.tsx'

/** An object that was removed, or that the asker may not see: the two look the same. Its last events stay where one may see them. */
export function Gone({ kind, id, list }: { kind: string; id: string; list: { label: string; to: string } }) {
  const { t } = useTranslation('detail')
  const { data: events } = useAsk(
    'event.search',
    { about: { kind, id }, max: 5 },
    { enabled: /^[0-9a-f-]{36}$/i.test(id) },
  )
  return (
    <div className="rk-page rk-center">
      <PageTitle title={t('goneTitle')} />
      <p>{t('gone')}</p>
      <ul className="rk-plain-list">
        {events?.map(event => (
          <li key={event.id}>
            <Time at={event.at} /> <bdi>{event.message}</bdi>
          </li>
        ))}
      </ul>
      <Go to={list.to}>{list.label}</Go>
    </div>
  )
}
