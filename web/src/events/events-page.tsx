import { useTranslation } from 'react-i18next'
import { useState } from 'react'
import type { ApiError } from '../api/error.ts'
import { SearchBox } from '../templates/list/search-box.tsx'
import { PageTitle } from '../templates/title.tsx'
import { useTextSearch } from '../templates/use-text-search.ts'
import { EventFeed } from './event-feed.tsx'

/** Everything that happened, newest on top. */
export function EventsPage() {
  const { t } = useTranslation('events')
  const { search, change } = useTextSearch()
  const [error, setError] = useState<ApiError | null>(null)
  const text = search['q'] ?? ''
  return (
    <div className="rk-page">
      <PageTitle title={t('title')} />
      <div className="rk-bar">
        <SearchBox
          value={text}
          onSearch={q => change({ q }, { replace: true })}
          hint={t('hint')}
          label={t('searchLabel')}
          error={error}
        />
      </div>
      <EventFeed
        text={text}
        label={t('title')}
        none={text === '' ? t('none') : t('noMatch')}
        onSearchError={setError}
      />
    </div>
  )
}
