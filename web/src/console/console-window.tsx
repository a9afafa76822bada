import { useParams } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { useAsk } from '../api/hooks.ts'
import { paths } from '../paths.ts'
import { VmStatusLabel } from '../status/index.ts'
import { Go, useGo } from '../templates/go.tsx'
import { Name } from '../templates/name.tsx'
import { Problem } from '../templates/problem.tsx'
import { PageTitle } from '../templates/title.tsx'
import { ConsoleTab } from './console-tab.tsx'
import './console.css'

/** A console in a window of its own: the same page without the shell. */
export function ConsoleWindow() {
  const { t } = useTranslation('console')
  const { id = '', protocol = '' } = useParams({ strict: false })
  const go = useGo()
  const vms = useAsk('vm.list', { ids: [id] })
  const vm = vms.data?.[0]
  if (vms.error !== null) return <Problem error={vms.error} again={() => void vms.refetch()} />
  if (vms.isPending) return null
  if (vm === undefined)
    return (
      <main className="rk-console-window">
        <PageTitle title={t('window.goneTitle')} />
        <p>{t('window.gone')}</p>
      </main>
    )
  return (
    <main className="rk-console-window">
      <header className="rk-console-head">
        <PageTitle title={t('window.title', { vm: vm.name })}>
          <Name text={vm.name} />
        </PageTitle>
        <VmStatusLabel vm={vm} />
        <Go to={paths.vm(vm.id, 'overview')} target="_blank" rel="noopener">
          {t('window.details')}
        </Go>
      </header>
      <ConsoleTab
        vm={vm}
        protocol={protocol === 'serial' ? 'serial' : 'vnc'}
        onProtocol={next => go(paths.vmConsole(vm.id, next), { replace: true })}
        detached
      />
    </main>
  )
}
