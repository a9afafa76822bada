import { useTranslation } from 'react-i18next'
import { useAsk } from '../api/hooks.ts'
import type { StorageDomainRow } from '../api/rows.ts'
import { Time, useFormat } from '../format/index.ts'
import { Card, Facts, Share } from '../templates/card.tsx'
import { Copy } from '../templates/copy.tsx'
import { Name } from '../templates/name.tsx'

/** How full a storage domain is, and where it lives. */
export function DomainOverview({ domain }: { domain: StorageDomainRow }) {
  const { t } = useTranslation('storage')
  const format = useFormat()
  const { data: dataCenters } = useAsk('dataCenter.list', {})
  const { data: disks } = useAsk('disk.list', { storageDomainIds: [domain.id] }, { enabled: domain.type === 'data' })
  const total = domain.available + domain.used
  const place = dataCenters?.find(one => one.id === domain.dataCenterId)
  return (
    <div className="rk-cards">
      <Card title={t('card.space')}>
        {total === 0 ? <p className="rk-sub">{t('unmeasured')}</p> : null}
        <p className="rk-big">
          <b>{total === 0 ? '–' : format.percent(domain.used / total)}</b>
          <span className="rk-sub">{total === 0 ? null : format.bytesOf(domain.used, total)}</span>
        </p>
        <Share part={domain.used} whole={total} label={t('usedOf', { name: domain.name })} />
        <Facts
          facts={[
            [t('fact.free'), total === 0 ? undefined : format.bytes(domain.available)],
            [
              t('fact.promised'),
              domain.type !== 'data'
                ? undefined
                : total === 0
                  ? format.bytes(domain.committed)
                  : t('promisedOf', {
                      part: format.bytes(domain.committed),
                      whole: format.bytes(total),
                      percent: format.percent(domain.committed / total),
                    }),
            ],
            [t('fact.disks'), disks === undefined ? undefined : format.number(disks.length)],
            [t('fact.warning'), t('warningAt', { percent: domain.warningLowSpace })],
            [t('fact.critical'), t('criticalAt', { size: format.bytes(domain.criticalSpaceGib * 1024 ** 3) })],
          ]}
        />
      </Card>
      <Card title={t('card.identity')}>
        <Facts
          facts={[
            [t('fact.role'), `${t(`role.${domain.type}`)}${domain.master ? ` · ★ ${t('master')}` : ''}`],
            [t('fact.type'), t(`type.${domain.storageType}`)],
            [t('fact.path'), <code key="p">{'path' in domain.connection ? domain.connection.path : ''}</code>],
            [t('fact.format'), domain.storageFormat],
            [t('fact.dataCenter'), place === undefined ? t('unattached') : <Name key="d" text={place.name} />],
            [
              t('fact.description'),
              domain.description === '' ? undefined : <Name key="e" text={domain.description} most={400} />,
            ],
            [t('fact.created'), <Time key="t" at={domain.createdAt} />],
            [
              t('fact.id'),
              <span key="i">
                <code>{domain.id}</code> <Copy text={domain.id} />
              </span>,
            ],
          ]}
        />
      </Card>
    </div>
  )
}
