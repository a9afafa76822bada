import { useParams } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { useAsk } from '../api/hooks.ts'
import type { StorageDomainRow } from '../api/rows.ts'
import { EventFeed } from '../events/event-feed.tsx'
import { type DomainTab, domainTabs, paths } from '../paths.ts'
import { Status } from '../status/index.ts'
import { Detail } from '../templates/detail/detail.tsx'
import { Problem } from '../templates/problem.tsx'
import { quoted } from '../templates/search-text.ts'
import { StorageDialogs } from './dialogs.tsx'
import { DiskList } from './disk-list.tsx'
import { DomainImages } from './domain-images.tsx'
import { DomainOverview } from './domain-overview.tsx'
import { DomainSettings } from './domain-settings.tsx'
import { Gone } from './gone.tsx'
import { useDomainActions } from './use-domain-actions.ts'
import './storage.css'

/** One storage domain. */
export function DomainPage() {
  const { t } = useTranslation('storage')
  const params = useParams({ strict: false })
  const id = params['id'] ?? ''
  const { data, error, refetch } = useAsk('storageDomain.list', { ids: [id] })
  const actions = useDomainActions()
  if (error !== null) return <Problem error={error} again={() => void refetch()} />
  if (data === undefined) return null
  const [domain] = data
  if (domain === undefined) return <Gone what={t('theDomain')} />
  const shown = tabsOf(domain)
  const tab = shown.find(one => one === params['tab']) ?? 'overview'
  return (
    <>
      <Detail
        group={t('group')}
        list={{ label: t('domains'), to: paths.domains() }}
        name={domain.name}
        status={<Status kind="storageDomain" status={domain.status} />}
        facts={`${t(`role.${domain.type}`)}${domain.master ? ` · ★ ${t('master')}` : ''}`}
        buttons={['activate', 'maintenance']}
        actions={actions([domain])}
        tabs={shown.map(key => ({ key, label: t(`tab.${key}`), to: paths.domain(id, key) }))}
        tab={tab}
      >
        {tab === 'overview' ? <DomainOverview domain={domain} /> : null}
        {tab === 'disks' ? (
          <DiskList
            inset
            within={`storage.name = ${quoted(domain.name)}`}
            without={['domain']}
            empty={{ title: t('noDisksHere.title'), body: t('noDisksHere.body') }}
          />
        ) : null}
        {tab === 'images' ? <DomainImages domain={domain} /> : null}
        {tab === 'settings' ? <DomainSettings domain={domain} /> : null}
        {tab === 'activity' ? (
          <EventFeed about={{ kind: 'storage_domain', id }} label={t('tab.activity')} none={t('noEvents')} />
        ) : null}
      </Detail>
      <StorageDialogs />
    </>
  )
}

/** Disks are kept on data domains only. */
const tabsOf = (domain: StorageDomainRow): readonly DomainTab[] =>
  domain.type === 'data' ? domainTabs : domainTabs.filter(tab => tab !== 'disks')
