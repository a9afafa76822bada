import { allowed } from './allowed.ts'

/** Every status of a host; oVirt's words. */
export const hostStatuses = [
  'installing',
  'install_failed',
  'pending_approval',
  'initializing',
  'up',
  'preparing_for_maintenance',
  'maintenance',
  'connecting',
  'non_responsive',
  'non_operational',
  'kdumping',
  'error',
  'reboot',
  'down',
] as const
export type HostStatus = (typeof hostStatuses)[number]

/** From which status each action on a host works (fact sheet 2.4, Hosts). */
export const hostCan = allowed<
  HostStatus,
  Record<
    | 'activate'
    | 'deactivate'
    | 'install'
    | 'upgradeCheck'
    | 'upgrade'
    | 'enrollCertificate'
    | 'approve'
    | 'forceSelectSpm'
    | 'remove'
    | 'restart'
    | 'powerOff'
    | 'powerOn'
    | 'confirmRebooted',
    readonly HostStatus[]
  >
>('host', {
  activate: ['maintenance', 'preparing_for_maintenance', 'non_operational', 'error'],
  deactivate: ['up', 'non_operational', 'preparing_for_maintenance', 'connecting', 'non_responsive', 'error'],
  install: ['maintenance', 'install_failed', 'non_operational'],
  upgradeCheck: ['up', 'maintenance', 'non_operational'],
  upgrade: ['up', 'maintenance', 'non_operational'],
  enrollCertificate: ['up', 'maintenance', 'non_operational'],
  approve: ['pending_approval'],
  forceSelectSpm: ['up'],
  remove: ['maintenance', 'install_failed', 'pending_approval', 'non_responsive', 'down'],
  restart: [
    'up',
    'initializing',
    'non_operational',
    'connecting',
    'non_responsive',
    'maintenance',
    'error',
    'reboot',
    'down',
  ],
  powerOff: ['maintenance', 'non_responsive', 'reboot'],
  powerOn: ['maintenance', 'non_responsive', 'reboot', 'down'],
  confirmRebooted: [
    'connecting',
    'non_responsive',
    'reboot',
    'initializing',
    'preparing_for_maintenance',
    'maintenance',
    'error',
  ],
})
