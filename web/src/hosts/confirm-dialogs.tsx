import { useTranslation } from 'react-i18next'
import { op } from '../api/client.ts'
import { useAsk } from '../api/hooks.ts'
import type { HostRow } from '../api/rows.ts'
import { useFormat } from '../format/index.ts'
import { Confirm } from '../templates/dialog/confirm.tsx'
import { Name } from '../templates/name.tsx'
import { quoted } from '../templates/search-text.ts'

/** How many machines are named; the others are counted. */
const most = 10

/** The machines that run on a host, as lines of what is lost. */
function useVmLines(host: HostRow) {
  const { t } = useTranslation('hosts')
  const { data: spine } = useAsk('vm.search', { text: `host = ${quoted(host.name)} sortby name asc`, max: most })
  const { data: vms } = useAsk('vm.list', { ids: spine?.ids ?? [] }, { enabled: spine !== undefined })
  const total = spine?.total ?? 0
  return [
    ...(vms ?? []).map(vm => <Name key={vm.id} text={vm.name} />),
    ...(total > most ? [t('maintenance.others', { n: total - most })] : []),
  ]
}

/**
 * A person says that a host that is silent was switched off or rebooted: what ran on it counts as stopped, and may start elsewhere. When
 * that is not so it runs twice, so it is said in full what is claimed.
 */
export function ConfirmRebooted({ host, onClose }: { host: HostRow; onClose: () => void }) {
  const { t } = useTranslation('hosts')
  const lines = useVmLines(host)
  return (
    <Confirm
      grade="loss"
      title={t('rebooted.title', { name: host.name })}
      verb={t('rebooted.verb')}
      effect={
        <>
          {t('rebooted.effect')} <b>{t('rebooted.danger')}</b>
        </>
      }
      lost={lines}
      type={host.name}
      run={async () => {
        await op('host.fence', { id: host.id, how: 'confirm' })
        onClose()
      }}
      onClose={onClose}
    />
  )
}

/** Switches the power of a host off, or off and on again, through another host. */
export function SwitchPower({ host, how, onClose }: { host: HostRow; how: 'restart' | 'stop'; onClose: () => void }) {
  const { t } = useTranslation('hosts')
  const lines = useVmLines(host)
  return (
    <Confirm
      grade="loss"
      title={t(`power.${how}.title`, { name: host.name })}
      verb={t(`power.${how}.verb`)}
      effect={t(`power.${how}.effect`)}
      lost={lines}
      type={lines.length === 0 ? undefined : host.name}
      run={async () => {
        await op('host.fence', { id: host.id, how })
        onClose()
      }}
      onClose={onClose}
    />
  )
}

/** Forgets hosts; one that does not answer only by force, which is said to be what it is. */
export function RemoveHosts(p: { hosts: readonly HostRow[]; onClose: () => void; onRemoved: () => void }) {
  const { t } = useTranslation('hosts')
  const { count } = useFormat()
  const [only] = p.hosts
  const silent = p.hosts.filter(host => host.status === 'non_responsive')
  const name = p.hosts.length === 1 && only !== undefined ? only.name : count('host', p.hosts.length)
  return (
    <Confirm
      grade="loss"
      title={t('remove.title', { name })}
      verb={t(silent.length > 0 ? 'remove.force' : 'remove.verb')}
      effect={
        <>
          {t('remove.effect')} {silent.length > 0 ? <b>{t('remove.dead')}</b> : null}
        </>
      }
      lost={p.hosts.slice(0, most).map(host => <Name key={host.id} text={host.name} />)}
      type={p.hosts.length === 1 && only !== undefined ? only.name : String(p.hosts.length)}
      run={async () => {
        await Promise.all(
          p.hosts.map(host => op('host.remove', { id: host.id, force: host.status === 'non_responsive' })),
        )
        p.onRemoved()
      }}
      onClose={p.onClose}
    />
  )
}
