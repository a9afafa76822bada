import { useTranslation } from 'react-i18next'
import { op } from '../api/client.ts'
import { useAsk } from '../api/hooks.ts'
import type { HostRow } from '../api/rows.ts'
import { useFormat } from '../format/index.ts'
import { paths } from '../paths.ts'
import { VmStatusLabel } from '../status/index.ts'
import { Confirm } from '../templates/dialog/confirm.tsx'
import { Go } from '../templates/go.tsx'
import { Name } from '../templates/name.tsx'
import { useHostReason } from './reasons.ts'

/** How many VMs are named; the others are counted. */
const most = 10

/** Moves hosts to maintenance. VMs that run on them stand in the way: they are named, each with the way to it. */
export function Maintenance({ hosts, onClose }: { hosts: readonly HostRow[]; onClose: () => void }) {
  const { t } = useTranslation('hosts')
  const { count } = useFormat()
  const reason = useHostReason()
  const { data: vms } = useAsk('vm.list', { hostIds: hosts.map(host => host.id) })
  const [only] = hosts
  const name = hosts.length === 1 && only !== undefined ? only.name : count('host', hosts.length)
  const impossible = hosts.map(host => reason('maintenance', host)).find(why => why !== undefined)
  const held = vms !== undefined && vms.length > 0
  return (
    <Confirm
      grade="time"
      title={t('maintenance.title', { name })}
      verb={t('maintenance.verb')}
      effect={t('maintenance.effect')}
      reason={held ? t('maintenance.held', { vms: count('vm', vms.length) }) : impossible}
      run={async () => {
        await Promise.all(hosts.map(host => op('host.deactivate', { id: host.id, reason: '' })))
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
      {held ? (
        <section aria-label={t('maintenance.vms')}>
          <p className="rk-h3">{t('maintenance.vms')}</p>
          <ul className="rk-lost">
            {vms.slice(0, most).map(vm => (
              <li key={vm.id}>
                <Go to={paths.vm(vm.id)}>
                  <Name text={vm.name} />
                </Go>{' '}
                <VmStatusLabel vm={vm} />
              </li>
            ))}
            {vms.length > most ? <li>{t('maintenance.others', { n: vms.length - most })}</li> : null}
          </ul>
        </section>
      ) : null}
    </Confirm>
  )
}
