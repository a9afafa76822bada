import { useTranslation } from 'react-i18next'
import { useAsk } from '../api/hooks.ts'
import type { DiskRow, VmRow } from '../api/rows.ts'
import { Time, useFormat } from '../format/index.ts'
import { paths } from '../paths.ts'
import { Status, VmStatusLabel } from '../status/index.ts'
import { Card, Facts, Share } from '../templates/card.tsx'
import { Copy } from '../templates/copy.tsx'
import { Go } from '../templates/go.tsx'
import { Name } from '../templates/name.tsx'

/** What a disk is, how much room it takes, what it stands on and what stands on it. */
export function DiskOverview({ disk, vms }: { disk: DiskRow; vms: readonly VmRow[] }) {
  const { t } = useTranslation('storage')
  const format = useFormat()
  const { data: domains } = useAsk('storageDomain.list', { ids: [disk.storageDomainId] })
  const [domain] = domains ?? []
  return (
    <div className="rk-cards">
      <Card title={t('card.space')}>
        <p className="rk-big">
          <b>{format.bytes(disk.capacity)}</b>
          <span className="rk-sub">{t('onStorage', { size: format.bytes(disk.actualSize) })}</span>
        </p>
        <Share part={disk.actualSize} whole={disk.capacity} label={t('diskUsed', { name: disk.alias })} />
        <Facts
          facts={[
            [t('fact.format'), disk.format],
            [t('fact.allocation'), t(disk.sparse ? 'allocation.thin' : 'allocation.preallocated')],
          ]}
        />
      </Card>
      <Card title={t('card.depends')}>
        <Facts
          facts={[
            [
              t('fact.keptOn'),
              domain === undefined ? undefined : (
                <span key="d">
                  <Go to={paths.domain(domain.id)}>
                    <Name text={domain.name} />
                  </Go>{' '}
                  <Status kind="storageDomain" status={domain.status} />
                </span>
              ),
            ],
            [
              t('fact.usedBy'),
              disk.vmIds.length === 0 ? (
                t('notAttached')
              ) : (
                <ul key="v" className="rk-used-by">
                  {vms.map(vm => (
                    <li key={vm.id}>
                      <Go to={paths.vm(vm.id)}>
                        <Name text={vm.name} />
                      </Go>{' '}
                      <VmStatusLabel vm={vm} />
                    </li>
                  ))}
                </ul>
              ),
            ],
          ]}
        />
      </Card>
      <Card title={t('card.identity')}>
        <Facts
          facts={[
            [t('fact.kind'), t(`kind.${disk.contentType}`)],
            [
              t('fact.description'),
              disk.description === '' ? undefined : <Name key="e" text={disk.description} most={400} />,
            ],
            [t('fact.created'), <Time key="t" at={disk.createdAt} />],
            [t('fact.modified'), <Time key="m" at={disk.modifiedAt} />],
            [
              t('fact.id'),
              <span key="i">
                <code>{disk.id}</code> <Copy text={disk.id} />
              </span>,
            ],
            [t('fact.volume'), <code key="o">{disk.volumeId}</code>],
          ]}
        />
      </Card>
    </div>
  )
}
