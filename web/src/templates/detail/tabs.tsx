import { useTranslation } from 'react-i18next'
import { Go } from '../go.tsx'

/** A tab of a detail page: an address of its own; a count where it holds things. */
export interface Tab {
  key: string
  label: string
  to: string
  count?: number | undefined
}

/** The parts of a page as tabs. */
export function Tabs({ tabs, tab: current }: { tabs: readonly Tab[]; tab: string }) {
  const { t } = useTranslation('detail')
  return (
    <nav aria-label={t('parts')} className="rk-tabs" data-tabs>
      <ul>
        {tabs.map(tab => (
          <li key={tab.key}>
            <Go
              to={tab.to}
              data-label={tab.count === undefined ? tab.label : `${tab.label} ${tab.count}`}
              aria-current={tab.key === current ? 'page' : undefined}
            >
              {tab.label}
              {tab.count === undefined ? null : <small>{tab.count}</small>}
            </Go>
          </li>
        ))}
      </ul>
    </nav>
  )
}
