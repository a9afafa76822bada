import { Button } from '@patternfly/react-core'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useAsk } from '../api/hooks.ts'
import type { VmRow } from '../api/rows.ts'
import { useFormat } from '../format/index.ts'
import { paths } from '../paths.ts'
import { Card, Facts } from '../templates/card.tsx'
import { Go } from '../templates/go.tsx'
import { Name } from '../templates/name.tsx'

const AvailabilityDialog = lazy(() =>
  import('./availability-dialog.tsx').then(m => ({ default: m.AvailabilityDialog })),
)
const EditVmDialog = lazy(() => import('./edit-dialog.tsx').then(m => ({ default: m.EditVmDialog })))

/** Everything that is configured, in groups; what can be changed here has an Edit. */
export function VmSettings({ vm }: { vm: VmRow }) {
  const { t } = useTranslation(['vms', 'common'])
  const { bytes } = useFormat()
  const [editing, setEditing] = useState<'general' | 'availability'>()
  const { data: hosts } = useAsk('host.list', { ids: vm.config.placement.hostIds })
  const { config, nextRun } = vm
  const yes = (value: boolean) => t(value ? 'common:yes' : 'common:no')
  const edit = (
    <Button variant="secondary" size="sm" onClick={() => setEditing('general')}>
      {t('common:edit')}
    </Button>
  )
  return (
    <div className="rk-grid">
      <Card title={t('vms:group.general')} more={edit}>
        <Facts
          facts={[
            [t('common:name'), <Name text={vm.name} />],
            [
              t('common:description'),
              vm.description === '' ? t('common:none') : <Name text={vm.description} most={120} />,
            ],
            [t('common:comment'), vm.comment === '' ? t('common:none') : <Name text={vm.comment} most={120} />],
            [t('vms:column.os'), config.os.type],
            [t('vms:type'), t(`vms:types.${config.type}`)],
            [t('vms:protection'), yes(config.deleteProtected)],
          ]}
        />
      </Card>
      <Card title={t('vms:group.system')}>
        <Facts
          facts={[
            [t('vms:column.memory'), next(bytes(config.memory), nextRun === null ? undefined : bytes(nextRun.memory))],
            [t('vms:guaranteed'), bytes(config.memoryPolicy.guaranteed)],
            [t('vms:maximum'), bytes(config.memoryPolicy.max)],
            [t('vms:balloon'), yes(config.memoryPolicy.ballooning)],
            [t('vms:topology'), `${config.cpu.sockets} × ${config.cpu.cores} × ${config.cpu.threads}`],
            [t('vms:machine'), config.customMachine ?? t('vms:ofCluster')],
            [t('vms:firmware'), config.bios.type],
          ]}
        />
      </Card>
      <Card title={t('vms:group.boot')}>
        <Facts
          facts={[
            [t('vms:bootOrder'), config.os.boot.map(device => t(`vms:device.${device}`)).join(' → ')],
            [t('vms:bootMenu'), yes(config.bios.bootMenu)],
            [t('vms:startPaused'), yes(config.startPaused)],
            [t('vms:timeZone'), config.timeZone ?? 'UTC'],
          ]}
        />
      </Card>
      <Card title={t('vms:group.console')}>
        <Facts
          facts={[
            [t('vms:graphics'), config.display.consoles.length === 0 ? t('common:none') : 'VNC'],
            [t('vms:video'), config.display.videoType],
            [t('vms:serial'), yes(config.serialConsole)],
          ]}
        />
      </Card>
      <Card
        title={t('vms:group.availability')}
        more={
          <Button
            variant="secondary"
            size="sm"
            aria-label={t('vms:availability.edit')}
            onClick={() => setEditing('availability')}
          >
            {t('common:edit')}
          </Button>
        }
      >
        <Facts
          facts={[
            [t('vms:ha'), yes(config.highAvailability.enabled)],
            [t('vms:priority'), config.highAvailability.priority],
            [t('vms:availability.affinity'), t(`vms:availability.affinities.${config.placement.affinity}`)],
            [
              t('vms:availability.hosts'),
              config.placement.hostIds.length === 0
                ? t('vms:availability.anyHost')
                : hosts?.map(host => (
                    <div key={host.id}>
                      <Go to={paths.host(host.id)}>
                        <Name text={host.name} most={32} />
                      </Go>
                    </div>
                  )),
            ],
            [t('vms:stateless'), yes(config.stateless)],
          ]}
        />
      </Card>
      <Suspense>
        {editing === 'general' ? <EditVmDialog vm={vm} onClose={() => setEditing(undefined)} /> : null}
        {editing === 'availability' ? <AvailabilityDialog vm={vm} onClose={() => setEditing(undefined)} /> : null}
      </Suspense>
    </div>
  )
  function next(value: string, later: string | undefined) {
    return later === undefined || later === value ? (
      value
    ) : (
      <>
        {value} → <b>{later}</b> <span className="rk-chip">{t('vms:yesNextRun')}</span>
      </>
    )
  }
}
