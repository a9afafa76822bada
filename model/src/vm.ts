import { allowed } from './allowed.ts'

/** Every status that a VM can show; oVirt's words. */
export const vmStatuses = [
  'down',
  'wait_for_launch',
  'powering_up',
  'up',
  'migrating',
  'paused',
  'powering_down',
  'reboot_in_progress',
  'saving_state',
  'suspended',
  'restoring_state',
  'not_responding',
  'unknown',
  'image_locked',
] as const
export type VmStatus = (typeof vmStatuses)[number]

/** The statuses that a host may report for a run; the others come from the absence of a run, from jobs, or from silence. */
export const runStatuses = [
  'wait_for_launch',
  'powering_up',
  'up',
  'migrating',
  'paused',
  'powering_down',
  'reboot_in_progress',
  'saving_state',
  'restoring_state',
  'not_responding',
] as const satisfies readonly VmStatus[]
export type RunStatus = (typeof runStatuses)[number]

const active = [
  'wait_for_launch',
  'powering_up',
  'up',
  'migrating',
  'paused',
  'powering_down',
  'reboot_in_progress',
] as const

/** From which status each action on a VM works (fact sheet 2.4, VMs). Everything not listed is a conflict. */
export const vmCan = allowed<
  VmStatus,
  Record<
    | 'start'
    | 'resume'
    | 'stop'
    | 'shutdown'
    | 'reboot'
    | 'reset'
    | 'suspend'
    | 'remove'
    | 'migrate'
    | 'cancelMigration'
    | 'console'
    | 'changeCd'
    | 'updateStopped',
    readonly VmStatus[]
  >
>('vm', {
  start: ['down', 'suspended', 'paused'],
  resume: ['paused'],
  stop: [...active, 'suspended', 'not_responding', 'saving_state', 'restoring_state', 'unknown'],
  shutdown: ['up', 'powering_up', 'powering_down', 'reboot_in_progress'],
  reboot: ['up', 'powering_up', 'reboot_in_progress'],
  reset: ['up', 'powering_up', 'powering_down', 'reboot_in_progress', 'paused', 'not_responding'],
  suspend: ['up', 'powering_up'],
  remove: ['down'],
  migrate: ['up', 'powering_up'],
  cancelMigration: ['migrating'],
  console: [...active],
  changeCd: ['up', 'powering_up', 'paused'],
  updateStopped: ['down', 'suspended'],
})
