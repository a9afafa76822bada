import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { ActionButton } from '../action-button.tsx'
import { ActionMenu } from '../action-menu.tsx'
import type { ActionItem } from '../actions.ts'
import { Go } from '../go.tsx'
import { Name } from '../name.tsx'
import { PageTitle } from '../title.tsx'
import { type Tab, Tabs } from './tabs.tsx'

/** The detail template: where one is, what it is and how it is, what can be done, and its parts as tabs. */
export function Detail(p: {
  group: string
  list: { label: string; to: string }
  name: string
  status: ReactNode
  /** Beside the status: on which host, for how long. */
  facts?: ReactNode
  /** Those that stand as buttons, by key; the others are in the menu. */
  buttons: readonly string[]
  actions: readonly ActionItem[]
  tabs: readonly Tab[]
  tab: string
  children: ReactNode
}) {
  const { t } = useTranslation('detail')
  const shown = p.buttons.flatMap(key => p.actions.find(action => action.key === key) ?? [])
  const rest = p.actions.filter(action => !shown.includes(action))
  return (
    <div className="rk-page rk-detail">
      <nav aria-label={t('where')} className="rk-breadcrumb">
        <ol>
          <li>{p.group}</li>
          <li>
            <Go to={p.list.to}>{p.list.label}</Go>
          </li>
          <li aria-current="page">
            <Name text={p.name} most={40} />
          </li>
        </ol>
      </nav>
      <div className="rk-bar rk-detail-head">
        <PageTitle title={p.name}>
          <Name text={p.name} most={64} />
        </PageTitle>
        <span className="rk-detail-status">{p.status}</span>
        {p.facts === undefined ? null : <span className="rk-sub">{p.facts}</span>}
        <span className="rk-space" />
        <div className="rk-bar" role="group" aria-label={t('actionsOf', { name: p.name })}>
          {shown.map((action, index) => (
            <ActionButton key={action.key} action={action} variant={index === 0 ? 'primary' : 'secondary'} />
          ))}
          {rest.length === 0 ? null : <ActionMenu actions={rest} name={t('more')} />}
        </div>
      </div>
      <Tabs tabs={p.tabs} tab={p.tab} />
      {p.children}
    </div>
  )
}
