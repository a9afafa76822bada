import { hostCan, hostStatuses } from '@rookery/model'
import { useTranslation } from 'react-i18next'
import type { HostRow } from '../api/rows.ts'
import { useReason } from '../templates/use-reason.ts'

/** Statuses that pass by themselves, and those in which an agent does not answer. */
const passing = ['preparing_for_maintenance', 'connecting', 'initializing', 'reboot', 'kdumping']
const silent = ['connecting', 'non_responsive', 'installing', 'down']

/** From which statuses an action on a host works; the engine asks the same. */
const rules = {
  activate: hostCan.activate.from,
  maintenance: hostCan.deactivate.from,
  refresh: hostStatuses.filter(status => !silent.includes(status)),
  install: hostCan.install.from,
  remove: hostCan.remove.from,
  confirm: hostCan.confirmRebooted.from,
  restart: hostCan.restart.from,
  powerOff: hostCan.powerOff.from,
  powerOn: hostCan.powerOn.from,
  power: hostStatuses,
  spm: hostCan.forceSelectSpm.from,
  upgradeCheck: hostCan.upgradeCheck.from,
  upgrade: hostCan.upgrade.from,
  certificate: hostCan.enrollCertificate.from,
} as const
export type HostAction = keyof typeof rules

/** Those that switch the power of a host through another one. */
const powered: readonly HostAction[] = ['restart', 'powerOff', 'powerOn', 'power']

/** Says why an action cannot be done with a host now; undefined when it can. */
export function useHostReason(): (action: HostAction, host: HostRow) => string | undefined {
  const { t } = useTranslation('hosts')
  const reason = useReason()
  return (action, host) => {
    const status = reason('host', rules[action], host, passing)
    if (status !== undefined) return status
    if (powered.includes(action) && (!host.powerManagement.enabled || host.fenceAgents === 0)) return t('power.none')
    if (action === 'spm' && host.spmStatus === 'spm') return t('isSpm')
    if (action === 'spm' && host.spmPriority < 0) return t('neverSpm')
    if (action === 'upgrade' && host.ssh === null) return t('noSsh')
    return undefined
  }
}
