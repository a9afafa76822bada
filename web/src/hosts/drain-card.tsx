import { useTranslation } from 'react-i18next'
import { useAsk } from '../api/hooks.ts'
import type { HostRow } from '../api/rows.ts'
import { useFormat } from '../format/index.ts'
import { paths } from '../paths.ts'
import { VmStatusLabel } from '../status/index.ts'
import { Card } from '../templates/card.tsx'
import { Go } from '../templates/go.tsx'
import { Name } from '../templates/name.tsx'
import { quoted } from '../templates/search-text.ts'
import { migrationShare } from '../vms/migration-share.ts'

/** How many machines are shown; those that move stand first. */
const most = 20

/** The machines that a host which is being emptied still has, and how far each has gone. */
export function DrainCard({ host }: { host: HostRow }) {
  const { t } = useTranslation('hosts')
  const { count } = useFormat()
  const { data: spine } = useAsk(
    'vm.search',
    { text: `host = ${quoted(host.name)} sortby migration_progress_percent desc`, max: most },
    { keep: true },
  )
  const { data: vms } = useAsk('vm.list', { ids: spine?.ids ?? [] }, { enabled: spine !== undefined, keep: true })
  const { data: hosts } = useAsk('host.list', { clusterIds: [host.clusterId] })
  const total = spine?.total ?? 0
  return (
    <Card
      title={t('drain.title')}
      more={spine === undefined ? undefined : t('drain.left', { vms: count('vm', total) })}
    >
      <ul>
        {vms?.map(vm => (
          <li key={vm.id}>
            <span className="rk-grow rk-clip">
              <Go to={paths.vm(vm.id)}>
                <Name text={vm.name} most={32} />
              </Go>
            </span>
            <VmStatusLabel vm={vm} progress={migrationShare(vm)}>
              {vm.targetHostId === null ? undefined : (
                <>→ {hosts?.find(one => one.id === vm.targetHostId)?.name ?? '…'}</>
              )}
            </VmStatusLabel>
          </li>
        ))}
      </ul>
      {total > most ? <p className="rk-sub">{t('maintenance.others', { n: total - most })}</p> : null}
    </Card>
  )
}
