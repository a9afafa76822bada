import { useTranslation } from 'react-i18next'
import { op } from '../api/client.ts'
import { useAsk } from '../api/hooks.ts'
import type { StorageDomainRow, VmRow } from '../api/rows.ts'
import { useFormat } from '../format/index.ts'
import { paths } from '../paths.ts'
import { VmStatusLabel } from '../status/index.ts'
import { Confirm } from '../templates/dialog/confirm.tsx'
import { Go } from '../templates/go.tsx'
import { Name } from '../templates/name.tsx'
import { useDomainReason } from './reasons.ts'

/** How many are named; the others are counted. */
const most = 10

/** Moves storage domains to maintenance. What stands in the way is named: VMs that run from them, other domains under the master. */
export function DomainMaintenance({ domains, onClose }: { domains: readonly StorageDomainRow[]; onClose: () => void }) {
  const { t } = useTranslation('storage')
  const { count, language } = useFormat()
  const reason = useDomainReason()
  const ids = domains.map(domain => domain.id)
  const { data: all } = useAsk('storageDomain.list', {})
  const vms = useRunningFrom(ids)
  const [only] = domains
  const name = domains.length === 1 && only !== undefined ? only.name : count('domain', domains.length)
  const impossible = domains.map(domain => reason('maintenance', domain)).find(why => why !== undefined)
  const others = (all ?? []).filter(
    other =>
      !ids.includes(other.id) &&
      !['maintenance', 'unattached'].includes(other.status) &&
      domains.some(domain => domain.master && domain.dataCenterId === other.dataCenterId),
  )
  const held =
    vms.length > 0
      ? t('maintenance.held', { vms: count('vm', vms.length) })
      : others.length > 0
        ? t('maintenance.master', {
            domains: new Intl.ListFormat(language).format(others.slice(0, most).map(other => other.name)),
          })
        : impossible
  return (
    <Confirm
      grade="time"
      title={t('maintenance.title', { name })}
      verb={t('maintenance.verb')}
      effect={t('maintenance.effect')}
      reason={held}
      run={async () => {
        // The master goes last: the engine keeps it until the others have gone.
        for (const domain of [...domains].sort((a, b) => Number(a.master) - Number(b.master)))
          await op('storageDomain.deactivate', { id: domain.id, force: false })
        onClose()
      }}
      onClose={onClose}
    >
      {vms.length === 0 ? null : (
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
      )}
    </Confirm>
  )
}

/** VMs that run and have a plugged disk on one of these domains. */
function useRunningFrom(storageDomainIds: string[]): readonly VmRow[] {
  const { data: vms } = useAsk('vm.list', { storageDomainIds })
  const running = (vms ?? []).filter(vm => vm.runId !== null)
  const { data: attachments } = useAsk(
    'diskAttachment.list',
    { vmIds: running.map(vm => vm.id) },
    { enabled: running.length > 0 },
  )
  const { data: disks } = useAsk('disk.list', { storageDomainIds }, { enabled: running.length > 0 })
  const here = new Set(disks?.map(disk => disk.id))
  return running.filter(vm => (attachments ?? []).some(one => one.vmId === vm.id && one.active && here.has(one.diskId)))
}
