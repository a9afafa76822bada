import { Alert } from '@patternfly/react-core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useAsk } from '../api/hooks.ts'
import type { HostRow } from '../api/rows.ts'
import { Ago, Time } from '../format/index.ts'
import { paths } from '../paths.ts'
import { ActionButton } from '../templates/action-button.tsx'
import type { ActionItem } from '../templates/actions.ts'
import { Go } from '../templates/go.tsx'

/** Statuses that say all by themselves, or pass soon. */
const explained = [
  'non_operational',
  'non_responsive',
  'connecting',
  'install_failed',
  'maintenance',
  'preparing_for_maintenance',
  'error',
  'down',
  'pending_approval',
] as const

/** Which actions lead out of a status; those that are impossible now stand there with their reason. */
const ways: Readonly<Record<(typeof explained)[number], readonly string[]>> = {
  non_operational: ['activate', 'maintenance'],
  non_responsive: ['confirm', 'restart'],
  connecting: [],
  install_failed: ['install', 'remove'],
  maintenance: ['activate'],
  preparing_for_maintenance: ['activate'],
  error: ['activate', 'maintenance'],
  down: ['powerOn', 'remove'],
  pending_approval: ['remove'],
}

/** Why a host does not work, what that means for the machines on it, and the way out. */
export function HostState({ host, actions }: { host: HostRow; actions: readonly ActionItem[] }) {
  const { t } = useTranslation('hosts')
  const status = explained.find(one => one === host.status)
  if (status === undefined) return null
  const shown = ways[status].flatMap(key => actions.find(action => action.key === key) ?? [])
  const quiet =
    status === 'maintenance' || status === 'preparing_for_maintenance' || status === 'connecting' || status === 'down'
  return (
    <Alert variant={quiet ? 'info' : 'warning'} isInline component="h2" title={t(`state.${status}.title`)}>
      <p>{t(`state.${status}.body`)}</p>
      {status === 'non_operational' ? <Lacks host={host} /> : null}
      {status === 'non_responsive' || status === 'connecting' ? <Silence host={host} /> : null}
      {host.statusReason === null || status === 'maintenance' ? null : (
        <p>
          {t('why')}: <bdi lang="en">{host.statusReason}</bdi>
        </p>
      )}
      {shown.length === 0 ? null : (
        <div className="rk-bar rk-gap">
          {shown.map(action => (
            <ActionButton key={action.key} action={action} />
          ))}
        </div>
      )}
    </Alert>
  )
}

/** The flags of the cluster's CPU type that this host does not have. */
function Lacks({ host }: { host: HostRow }) {
  const { t } = useTranslation('hosts')
  const { data } = useAsk('cluster.cpu', { id: host.clusterId })
  const missing = data?.hosts.find(one => one.hostId === host.id)?.missing ?? []
  if (missing.length === 0) return null
  return (
    <p>
      {t('state.lacks', { type: data?.type ?? '' })} <code className="rk-flags">{missing.join(' ')}</code>{' '}
      <Go to={paths.cluster(host.clusterId)}>{t('state.compare')}</Go>
    </p>
  )
}

/** Since when it is silent, and what came of fencing it. */
function Silence({ host }: { host: HostRow }) {
  const { t } = useTranslation('hosts')
  const { fencing } = host
  const lines: ReactNode[] = [
    <>
      {t('fact.lastSeen')}: <Ago at={host.seenAt} why={t('noNumbers')} />
    </>,
    ...(host.storageSeenAt === null
      ? []
      : [
          <>
            {t('state.onStorage')}: <Ago at={host.storageSeenAt} />
          </>,
        ]),
    ...(fencing === null
      ? []
      : [
          <>
            {t(`state.outcome.${fencing.outcome}`)} (<Time at={fencing.at} />)
            {fencing.reason === null ? null : <> {t(`state.reason.${fencing.reason}`)}</>}
            {fencing.tries > 1 ? <> {t('state.tries', { n: fencing.tries })}</> : null}
          </>,
        ]),
  ]
  return (
    <ul className="rk-lost">
      {lines.map((line, n) => (
        // Lines have no identity of their own and do not move.
        // oxlint-disable-next-line react/no-array-index-key
        <li key={n}>{line}</li>
      ))}
    </ul>
  )
}
