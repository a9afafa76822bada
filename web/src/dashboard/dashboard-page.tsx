import { useTranslation } from 'react-i18next'
import { PageTitle } from '../templates/title.tsx'
import { Attention } from './attention.tsx'
import { Capacity } from './capacity.tsx'
import { Counts } from './counts.tsx'
import { Recent } from './recent.tsx'
import './dashboard.css'

/** What a person wants to know first: what needs him, how full everything is, what runs. Places are fixed; numbers lead to lists. */
export function DashboardPage() {
  const { t } = useTranslation('shell')
  return (
    <div className="rk-page">
      <PageTitle title={t('page.dashboard')} />
      <div className="rk-cards rk-dashboard">
        <Attention />
        <Capacity />
        <Counts />
      </div>
      <div className="rk-cards rk-dashboard-recent">
        <Recent />
      </div>
    </div>
  )
}
