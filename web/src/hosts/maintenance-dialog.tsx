import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { op } from '../api/client.ts'
import { useAsk } from '../api/hooks.ts'
import type { ApiError } from '../api/error.ts'
import type { DrainRow, HostRow } from '../api/rows.ts'
import { useFormat } from '../format/index.ts'
import { paths } from '../paths.ts'
import { TextField } from '../templates/dialog/field.tsx'
import { Confirm } from '../templates/dialog/confirm.tsx'
import { useErrorText } from '../templates/error-text.ts'
import { Go } from '../templates/go.tsx'
import { Name } from '../templates/name.tsx'
import { useHostReason } from './reasons.ts'

/** How many rows are named; the others are counted. */
const most = 10

/**
 * Moves hosts to maintenance. Their virtual machines move away first: where each would go stands here before it begins, and those that
 * cannot go, with the reason, are in the way.
 */
export function Maintenance({ hosts, onClose }: { hosts: readonly HostRow[]; onClose: () => void }) {
  const { t } = useTranslation('hosts')
  const { count } = useFormat()
  const reason = useHostReason()
  const [only] = hosts
  const name = hosts.length === 1 && only !== undefined ? only.name : count('host', hosts.length)
  const impossible = hosts.map(host => reason('maintenance', host)).find(why => why !== undefined)
  const [why, setWhy] = useState('')
  const [tried, setTried] = useState(false)
  const { data: clusters } = useAsk('cluster.list', {})
  const mustSay = hosts.some(
    host => clusters?.find(one => one.id === host.clusterId)?.settings.maintenanceReasonRequired === true,
  )
  const { data: plan } = useAsk('host.drainPlan', { id: only?.id ?? '' }, { enabled: hosts.length === 1 })
  const staying = plan?.filter(row => row.target === null) ?? []
  return (
    <Confirm
      grade="time"
      title={t('maintenance.title', { name })}
      verb={t('maintenance.verb')}
      effect={t('maintenance.effect')}
      reason={staying.length > 0 ? t('maintenance.held', { vms: count('vm', staying.length) }) : impossible}
      run={async () => {
        setTried(true)
        if (mustSay && why.trim() === '') return document.getElementById('maintenance-reason')?.focus()
        await Promise.all(hosts.map(host => op('host.deactivate', { id: host.id, reason: why.trim() })))
        onClose()
      }}
      onClose={onClose}
    >
      {hosts.length === 1 ? null : (
        <ul className="rk-lost">
          {hosts.slice(0, most).map(host => (
            <li key={host.id}>
              <Name text={host.name} />
            </li>
          ))}
          {hosts.length > most ? <li>{t('maintenance.others', { n: hosts.length - most })}</li> : null}
        </ul>
      )}
      {plan === undefined ? null : plan.length === 0 ? (
        <p className="rk-sub">{t('maintenance.empty')}</p>
      ) : (
        <Plan rows={plan} />
      )}
      <p className="rk-sub">{t('maintenance.cancelHint')}</p>
      <TextField
        id="maintenance-reason"
        label={t(mustSay ? 'maintenance.reason' : 'maintenance.reasonOptional')}
        value={why}
        onChange={setWhy}
        error={tried && mustSay && why.trim() === '' ? t('maintenance.reasonMissing') : undefined}
        maxLength={1000}
        required={mustSay}
      />
    </Confirm>
  )
}

/** Where each virtual machine would go; those that stay come first, with the reason. */
function Plan({ rows }: { rows: readonly DrainRow[] }) {
  const { t } = useTranslation('hosts')
  const { bytes } = useFormat()
  const sorted = rows.toSorted((a, b) => Number(a.target !== null) - Number(b.target !== null))
  return (
    <section aria-label={t('maintenance.vms')}>
      <p className="rk-h3">{t('maintenance.vms')}</p>
      <ul className="rk-lost">
        {sorted.slice(0, most).map(row => (
          <li key={row.vmId}>
            <Go to={paths.vm(row.vmId)}>
              <Name text={row.name} />
            </Go>{' '}
            {row.target === null ? (
              <Why row={row} />
            ) : (
              t('maintenance.goes', { size: bytes(row.memory), host: row.target.name })
            )}
          </li>
        ))}
        {rows.length > most ? <li>{t('maintenance.others', { n: rows.length - most })}</li> : null}
      </ul>
    </section>
  )
}

/** Why a virtual machine cannot leave. */
function Why({ row }: { row: DrainRow }) {
  const { why, foreign } = useErrorText({
    kind: 'conflict',
    code: row.code ?? '',
    message: row.reason ?? '',
    detail: { refusals: row.refusals },
  } as ApiError)
  return <bdi lang={foreign ? 'en' : undefined}>{why}</bdi>
}
