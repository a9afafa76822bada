import { Button, Spinner } from '@patternfly/react-core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useOp } from '../api/hooks.ts'
import type { VmRow } from '../api/rows.ts'
import { useSecond } from '../format/index.ts'
import { StatusIcon, type StatusRole, VmStatusLabel } from '../status/index.ts'
import { Problem } from '../templates/problem.tsx'
import type { ConsoleState } from './session.ts'

/** What stands in the place of the picture: what is waited for, why there is none, and what to do. */
export function Overlay({ state, vm, retry }: { state: ConsoleState; vm: VmRow; retry: () => void }) {
  const { t } = useTranslation('console')
  switch (state.phase) {
    case 'open':
      return null
    case 'connecting':
      return (
        <Card>
          <Spinner size="md" aria-label={t('state.connecting')} />
          <p>{t(`state.step.${state.step}`)}</p>
        </Card>
      )
    case 'asleep':
      return <Asleep vm={vm} />
    case 'lost':
      return (
        <Card icon="attention">
          <p>{state.why === 'ended' ? t('state.ended') : t('state.lost')}</p>
          <Countdown until={state.retryAt} />
          <Button variant="secondary" onClick={retry}>
            {t('state.retry')}
          </Button>
        </Card>
      )
    case 'refused':
      return (
        <div className="rk-console-card">
          <Problem error={state.error} title={t('state.refused')} again={retry} />
        </div>
      )
    case 'over':
      return (
        <Card icon="locked">
          <p>{t('state.over')}</p>
          <Button variant="secondary" onClick={retry}>
            {t('state.retry')}
          </Button>
        </Card>
      )
  }
}

function Card({ icon, children }: { icon?: StatusRole; children: ReactNode }) {
  return (
    <div className="rk-console-card" role="status">
      {icon !== undefined && <StatusIcon role={icon} />}
      {children}
    </div>
  )
}

/** Says when it goes on; counted for the eye only, a reader would never be done. */
function Countdown({ until }: { until: number }) {
  const { t } = useTranslation('console')
  const now = useSecond()
  const seconds = Math.max(0, Math.ceil((until - now) / 1000))
  return (
    <p className="rk-sub" aria-hidden="true">
      {t('state.retryIn', { seconds })}
    </p>
  )
}

function Asleep({ vm }: { vm: VmRow }) {
  const { t } = useTranslation('console')
  const start = useOp('vm.start')
  const startable = ['down', 'suspended'].includes(vm.status)
  return (
    <Card>
      <VmStatusLabel vm={vm} />
      <p>{vm.status === 'down' ? t('state.off') : t('state.asleep')}</p>
      {startable && (
        <Button isLoading={start.isPending} onClick={() => start.mutate({ id: vm.id })}>
          {vm.status === 'suspended' ? t('state.resume') : t('state.start')}
        </Button>
      )}
      {start.error !== null && <Problem error={start.error} title={t('state.startFailed')} />}
    </Card>
  )
}
