import type { DiskStatus, HostStatus, StorageDomainStatus, TransferPhase, VmStatus } from '@rookery/model'

/** What a status asks of whoever sees it. Each role has an icon of its own shape, a colour token and a word beside it. */
export const statusRoles = [
  'good',
  'working',
  'waiting',
  'attention',
  'problem',
  'off',
  'unknown',
  'locked',
  'maintenance',
] as const
export type StatusRole = (typeof statusRoles)[number]

type Roles = Readonly<Record<string, StatusRole>>

const vm = {
  up: 'good',
  down: 'off',
  wait_for_launch: 'waiting',
  powering_up: 'working',
  powering_down: 'working',
  reboot_in_progress: 'working',
  migrating: 'working',
  paused: 'off',
  /** Paused because something failed (`vmStatusOf`). */
  paused_error: 'attention',
  saving_state: 'working',
  suspended: 'off',
  restoring_state: 'working',
  image_locked: 'locked',
  not_responding: 'problem',
  unknown: 'unknown',
  failed: 'problem',
  shelved: 'off',
  verify_resize: 'attention',
  rescued: 'attention',
} as const satisfies Roles & Record<VmStatus, StatusRole>

const host = {
  up: 'good',
  installing: 'working',
  initializing: 'working',
  connecting: 'working',
  install_failed: 'problem',
  pending_approval: 'waiting',
  preparing_for_maintenance: 'working',
  maintenance: 'maintenance',
  non_responsive: 'problem',
  non_operational: 'problem',
  kdumping: 'attention',
  reboot: 'working',
  down: 'off',
  error: 'problem',
} as const satisfies Roles & Record<HostStatus, StatusRole>

const storageDomain = {
  active: 'good',
  inactive: 'problem',
  activating: 'working',
  locked: 'locked',
  preparing_for_maintenance: 'working',
  maintenance: 'maintenance',
  detaching: 'working',
  unattached: 'off',
  unknown: 'unknown',
} as const satisfies Roles & Record<StorageDomainStatus, StatusRole>

const disk = { ok: 'good', locked: 'locked', illegal: 'problem' } as const satisfies Roles &
  Record<DiskStatus, StatusRole>

const transfer = {
  initializing: 'working',
  transferring: 'working',
  resuming: 'working',
  paused_system: 'attention',
  paused_user: 'attention',
  cancelled_system: 'working',
  cancelled_user: 'working',
  finalizing_success: 'working',
  finalizing_failure: 'working',
  finalizing_cleanup: 'working',
  finished_success: 'good',
  finished_failure: 'problem',
  finished_cleanup: 'off',
} as const satisfies Roles & Record<TransferPhase, StatusRole>

const dataCenter = {
  up: 'good',
  uninitialized: 'attention',
  contend: 'working',
  problematic: 'problem',
  not_operational: 'problem',
  maintenance: 'maintenance',
} as const satisfies Roles

const task = {
  queued: 'waiting',
  running: 'working',
  finished: 'good',
  undoing: 'working',
  failed: 'problem',
  cancelled: 'off',
  stuck: 'attention',
} as const satisfies Roles

const severity = { normal: 'good', warning: 'attention', error: 'problem', alert: 'problem' } as const satisfies Roles
const network = { operational: 'good', out_of_sync: 'attention' } as const satisfies Roles
/** Whether the machines of an affinity group stand where it wants them. */
const affinity = { kept: 'good', broken: 'attention' } as const satisfies Roles
const user = { active: 'good', locked: 'locked' } as const satisfies Roles

/** Every status that the console shows, by kind, with its role (glossary, "Statuses"). */
export const statuses = {
  vm,
  host,
  storageDomain,
  disk,
  transfer,
  dataCenter,
  task,
  severity,
  network,
  affinity,
  user,
} as const
export type StatusKind = keyof typeof statuses
export type StatusOf<K extends StatusKind> = keyof (typeof statuses)[K] & string

/** The role of a status; a word that this release does not know is `unknown`. */
export const roleOf = (kind: StatusKind, status: string): StatusRole =>
  Object.hasOwn(statuses[kind], status) ? ((statuses[kind] as Roles)[status] ?? 'unknown') : 'unknown'

/** What is shown of a VM: what stands out beside its run comes first, and a pause by an error is told from one that was asked for. */
export function vmStatusOf(vm: {
  status: VmStatus
  standing?: string | undefined
  pauseReason?: string | null | undefined
}): StatusOf<'vm'> {
  if (vm.status === 'down' && vm.standing !== undefined && Object.hasOwn(statuses.vm, vm.standing))
    return vm.standing as StatusOf<'vm'>
  if (vm.status === 'paused' && isFault(vm.pauseReason)) return 'paused_error'
  return vm.status
}

/** Why a guest stands still without anybody having asked for it; libvirt's other reasons are somebody's will or pass by themselves. */
const faults = ['no_space', 'io_error', 'watchdog', 'crashed', 'post-copy_failed', 'api_error']
const isFault = (reason: string | null | undefined) => typeof reason === 'string' && faults.includes(reason)
