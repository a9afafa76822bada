import { useRouterState } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { useAsk } from '../api/hooks.ts'
import { paths } from '../paths.ts'
import { Go } from '../templates/go.tsx'

type Page =
  | 'dashboard'
  | 'vms'
  | 'hosts'
  | 'clusters'
  | 'affinity'
  | 'domains'
  | 'disks'
  | 'images'
  | 'tasks'
  | 'events'
  | 'sessions'
  | 'account'
  | 'policies'

const groups = [
  { pages: ['dashboard'] },
  { name: 'compute', pages: ['vms', 'hosts', 'clusters', 'affinity'] },
  { name: 'storage', pages: ['domains', 'disks', 'images'] },
  { name: 'activity', pages: ['tasks', 'events'] },
  { name: 'access', pages: ['sessions', 'account'] },
  { name: 'settings', pages: ['policies'] },
] as const satisfies readonly { name?: string; pages: readonly Page[] }[]

/** The side navigation: two levels, the page of the address marked. */
export function Nav({ open, onGo }: { open: boolean; onGo: () => void }) {
  const { t } = useTranslation('shell')
  const path = useRouterState({ select: state => state.location.pathname })
  const { data: summary } = useAsk('inventory.summary', {})
  const counts: Partial<Record<Page, number>> =
    summary === undefined ? {} : { vms: summary.vms, hosts: summary.hosts, domains: summary.storageDomains }
  return (
    <nav className="rk-nav" aria-label={t('nav')} id="main-nav" data-open={open}>
      {groups.map(group => (
        <div key={group.pages[0]} role="group" aria-label={'name' in group ? t(`group.${group.name}`) : undefined}>
          {'name' in group ? <h2>{t(`group.${group.name}`)}</h2> : null}
          <ul>
            {group.pages.map(page => {
              const to = paths[page]()
              const current = page === 'dashboard' ? path === to : path === to || path.startsWith(`${to}/`)
              const count = counts[page]
              return (
                <li key={page}>
                  <Go to={to} aria-current={current ? 'page' : undefined} onClick={onGo}>
                    <span>{t(`page.${page}`)}</span>
                    {count === undefined ? null : (
                      <span className="rk-nav-count" aria-hidden="true">
                        {count}
                      </span>
                    )}
                  </Go>
                </li>
              )
            })}
          </ul>
        </div>
      ))}
    </nav>
  )
}
