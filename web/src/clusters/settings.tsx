import { Button } from '@patternfly/react-core'
import { useTranslation } from 'react-i18next'
import { useAsk } from '../api/hooks.ts'
import type { ClusterRow } from '../api/rows.ts'
import { Card, Facts } from '../templates/card.tsx'
import { Name } from '../templates/name.tsx'
import { useDialog } from '../templates/use-dialog.ts'
import type { ClusterGroup } from './cluster-form.ts'
import { migrationPolicyWord } from './migration-policies.ts'

const biosTypes = ['q35_sea_bios', 'q35_ovmf', 'q35_secure_boot', 'i440fx_sea_bios'] as const
const switches = ['legacy', 'ovs'] as const

/** Everything that is said of a cluster, in parts; each is edited by itself. */
export function ClusterSettings({ cluster }: { cluster: ClusterRow }) {
  const { t } = useTranslation(['clusters', 'common'])
  const { open } = useDialog()
  const { data: policies } = useAsk('schedulingPolicy.list', {})
  const { settings } = cluster
  const { migration, fencing } = settings
  const yes = (value: boolean) => t(value ? 'common:yes' : 'common:no')
  const edit = (part: ClusterGroup) => (
    <Button
      variant="link"
      isInline
      size="sm"
      aria-label={t('clusters:editPart', { part: t(`clusters:part.${part}`) })}
      onClick={() => open('cluster-edit', [cluster.id, part])}
    >
      {t('common:edit')}
    </Button>
  )
  const bios = biosTypes.find(one => one === cluster.biosType)
  const kind = switches.find(one => one === cluster.switchType)
  const policy = migrationPolicyWord(migration.policyId)
  return (
    <div className="rk-grid">
      <Card title={t('clusters:part.general')} more={edit('general')}>
        <Facts
          facts={[
            [t('common:name'), <Name text={cluster.name} />],
            [t('common:description'), <Name text={cluster.description} most={400} />],
            [t('common:comment'), <Name text={cluster.comment} most={400} />],
            [t('clusters:field.level'), `${cluster.levelMajor}.${cluster.levelMinor}`],
            [t('clusters:field.bios'), bios === undefined ? cluster.biosType : t(`clusters:bios.${bios}`)],
            [t('clusters:field.switch'), kind === undefined ? cluster.switchType : t(`clusters:switch.${kind}`)],
            [t('clusters:field.firewall'), cluster.firewallType],
            [t('clusters:field.maintenanceReason'), yes(settings.maintenanceReasonRequired)],
            [t('clusters:field.stopReason'), yes(settings.optionalReason)],
          ]}
        />
      </Card>
      <Card title={t('clusters:part.cpu')} more={edit('cpu')}>
        <Facts
          facts={[
            [
              t('clusters:field.cpuType'),
              <>
                {cluster.cpuType === null ? t('clusters:cpuTypeLater') : <bdi>{cluster.cpuType}</bdi>}
                {settings.cpuTypeFromHosts ? <div className="rk-sub">{t('clusters:cpuFromHosts')}</div> : null}
              </>,
            ],
            [t('clusters:field.threadsAsCores'), yes(cluster.threadsAsCores)],
          ]}
        />
      </Card>
      <Card title={t('clusters:part.memory')} more={edit('memory')}>
        <Facts
          facts={[
            [t('clusters:field.overcommit'), t('clusters:percentOf', { n: cluster.memoryOvercommit })],
            [t('clusters:field.ballooning'), yes(cluster.ballooning)],
            [t('clusters:field.ksm'), yes(cluster.ksm)],
            [t('clusters:field.ksmNodes'), cluster.ksm ? yes(settings.ksmMergeAcrossNodes) : undefined],
            [t('clusters:field.hugepages'), yes(settings.transparentHugepages)],
            [
              t('clusters:field.threshold'),
              settings.logMaxMemoryUsedThresholdType === 'percentage'
                ? t('clusters:percentOf', { n: settings.logMaxMemoryUsedThreshold })
                : `${settings.logMaxMemoryUsedThreshold} MB`,
            ],
          ]}
        />
      </Card>
      <Card title={t('clusters:part.migration')} more={edit('migration')}>
        <Facts
          facts={[
            [
              t('clusters:field.migrationPolicy'),
              policy === undefined ? (
                <code>{migration.policyId}</code>
              ) : (
                <>
                  {t(`clusters:migrationPolicy.${policy}.name`)}
                  <div className="rk-sub">{t(`clusters:migrationPolicy.${policy}.body`)}</div>
                </>
              ),
            ],
            [
              t('clusters:field.bandwidth'),
              migration.bandwidth === 'custom'
                ? t('clusters:mbps', { n: migration.bandwidthMbps ?? 0 })
                : t(`clusters:bandwidth.${migration.bandwidth}`),
            ],
            [t('clusters:field.encrypted'), t(`clusters:three.${migration.encrypted}`)],
            [t('clusters:field.autoConverge'), t(`clusters:three.${migration.autoConverge}`)],
            [t('clusters:field.compressed'), t(`clusters:three.${migration.compressed}`)],
            [t('clusters:field.onError'), t(`clusters:onError.${settings.onError}`)],
          ]}
        />
      </Card>
      <Card title={t('clusters:part.scheduling')} more={edit('scheduling')}>
        <Facts
          facts={[
            [
              t('clusters:field.policy'),
              <Name text={policies?.find(one => one.id === cluster.schedulingPolicyId)?.name ?? ''} />,
            ],
            [t('clusters:field.maxVms'), settings.maxVmsPerHost ?? t('clusters:asManyAsFit')],
            [t('clusters:field.haReservation'), yes(settings.haReservation)],
          ]}
        />
      </Card>
      <Card title={t('clusters:part.fencing')} more={edit('fencing')}>
        <Facts
          facts={[
            [t('clusters:field.fencing'), yes(fencing.enabled)],
            [t('clusters:field.fenceDelay'), fencing.enabled ? fencing.delaySeconds : undefined],
            [t('clusters:field.skipStorage'), fencing.enabled ? yes(fencing.skipIfStorageActive) : undefined],
            [t('clusters:field.skipNetwork'), fencing.enabled ? yes(fencing.skipIfConnectivityBroken) : undefined],
            [
              t('clusters:field.skipShare'),
              fencing.enabled && fencing.skipIfConnectivityBroken
                ? t('clusters:percentOf', { n: fencing.connectivityThreshold })
                : undefined,
            ],
          ]}
        />
      </Card>
      <Card title={t('clusters:part.more')} more={edit('more')}>
        <Facts
          facts={[
            [t('clusters:field.vncEncryption'), yes(settings.vncEncryption)],
            [t('clusters:field.hwrng'), yes(settings.rngSources.includes('hwrng'))],
            [t('clusters:field.trusted'), yes(settings.trustedService)],
            [t('clusters:field.serial'), t(`clusters:serial.${settings.serialNumber?.policy ?? 'default'}`)],
          ]}
        />
      </Card>
    </div>
  )
}
