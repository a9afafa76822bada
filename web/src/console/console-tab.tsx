import { vmCan } from '@rookery/model'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { VmRow } from '../api/rows.ts'

// noVNC and xterm come with the first console that somebody opens.
const Panel = lazy(async () => ({ default: (await import('./console-panel.tsx')).ConsolePanel }))

/** The protocol that a VM's console begins with. */
export const firstProtocol = (vm: VmRow): 'vnc' | 'serial' =>
  (vm.runConfig ?? vm.config).display.consoles.length > 0 ? 'vnc' : 'serial'

/**
 * The console of a VM, for its detail page and for a window of its own. Without `protocol` it keeps the choice itself.
 */
export function ConsoleTab(p: {
  vm: VmRow
  protocol?: 'vnc' | 'serial'
  onProtocol?: (protocol: 'vnc' | 'serial') => void
  detached?: boolean
}) {
  const { t } = useTranslation('console')
  const [own, setOwn] = useState(() => firstProtocol(p.vm))
  const awake = vmCan.console.from.includes(p.vm.status)
  return (
    <Suspense fallback={<p role="status">{t('state.loading')}</p>}>
      <Panel
        vm={p.vm}
        awake={awake}
        protocol={p.protocol ?? own}
        onProtocol={p.onProtocol ?? setOwn}
        detached={p.detached === true}
      />
    </Suspense>
  )
}
