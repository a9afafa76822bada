import { useParams } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { useAsk } from '../api/hooks.ts'
import { affinityTabs, paths } from '../paths.ts'
import { Tabs } from '../templates/detail/tabs.tsx'
import { PageTitle } from '../templates/title.tsx'
import { AffinityGroups } from './groups.tsx'
import { AffinityLabels } from './labels.tsx'

/** Which machines and hosts belong together or apart: groups with their rules, and labels. */
export function AffinityPage() {
  const { t } = useTranslation('affinity')
  const params = useParams({ strict: false })
  const tab = affinityTabs.find(one => one === params['tab']) ?? 'groups'
  const { data: groups } = useAsk('affinityGroup.list', {})
  const { data: labels } = useAsk('affinityLabel.list', {})
  const counts = { groups: groups?.length, labels: labels?.length }
  return (
    <div className="rk-page">
      <PageTitle title={t('title')} />
      <p className="rk-sub rk-prose">{t('lead')}</p>
      <Tabs
        tabs={affinityTabs.map(key => ({
          key,
          label: t(`tab.${key}`),
          to: paths.affinityTab(key),
          count: counts[key],
        }))}
        tab={tab}
      />
      {tab === 'groups' ? <AffinityGroups /> : <AffinityLabels />}
    </div>
  )
}
