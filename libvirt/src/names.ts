/**
 * Words for libvirt's numbers, in the order of its public headers. A number that this package does not know reads as
 * `unknown`; the number itself always stands beside the word.
 */

/** virDomainState. */
export const DOMAIN_STATES = [
  'nostate',
  'running',
  'blocked',
  'paused',
  'shutdown',
  'shutoff',
  'crashed',
  'pmsuspended',
] as const
export type DomainStateName = (typeof DOMAIN_STATES)[number] | 'unknown'

/** The reasons for each state: virDomainNostateReason, virDomainRunningReason and so on. */
export const STATE_REASONS = {
  nostate: ['unknown'],
  running: [
    'unknown',
    'booted',
    'migrated',
    'restored',
    'from snapshot',
    'unpaused',
    'migration canceled',
    'save canceled',
    'wakeup',
    'crashed',
    'postcopy',
    'postcopy failed',
  ],
  blocked: ['unknown'],
  paused: [
    'unknown',
    'user',
    'migration',
    'save',
    'dump',
    'io error',
    'watchdog',
    'from snapshot',
    'shutting down',
    'snapshot',
    'crashed',
    'starting up',
    'postcopy',
    'postcopy failed',
  ],
  shutdown: ['unknown', 'user'],
  shutoff: ['unknown', 'shutdown', 'destroyed', 'crashed', 'migrated', 'saved', 'failed', 'from snapshot', 'daemon'],
  crashed: ['unknown', 'panicked'],
  pmsuspended: ['unknown'],
} as const satisfies Record<(typeof DOMAIN_STATES)[number], readonly string[]>

/** virDomainEventType. */
export const LIFECYCLE_EVENTS = [
  'defined',
  'undefined',
  'started',
  'suspended',
  'resumed',
  'stopped',
  'shutdown',
  'pmsuspended',
  'crashed',
] as const
export type LifecycleEventName = (typeof LIFECYCLE_EVENTS)[number] | 'unknown'

/** What made each lifecycle event happen: virDomainEventDefinedDetailType and so on. */
export const LIFECYCLE_DETAILS = {
  defined: ['added', 'updated', 'renamed', 'from snapshot'],
  undefined: ['removed', 'renamed'],
  started: ['booted', 'migrated', 'restored', 'from snapshot', 'wakeup'],
  suspended: [
    'paused',
    'migrated',
    'io error',
    'watchdog',
    'restored',
    'from snapshot',
    'api error',
    'postcopy',
    'postcopy failed',
  ],
  resumed: ['unpaused', 'migrated', 'from snapshot', 'postcopy', 'postcopy failed'],
  stopped: ['shutdown', 'destroyed', 'crashed', 'migrated', 'saved', 'failed', 'from snapshot'],
  shutdown: ['finished', 'guest', 'host'],
  pmsuspended: ['memory', 'disk'],
  crashed: ['panicked', 'crashloaded'],
} as const satisfies Record<(typeof LIFECYCLE_EVENTS)[number], readonly string[]>

/** virDomainBlockJobType. */
export const BLOCK_JOB_TYPES = ['unknown', 'pull', 'copy', 'commit', 'active commit', 'backup'] as const
/** virConnectDomainEventBlockJobStatus. */
export const BLOCK_JOB_STATUSES = ['completed', 'failed', 'canceled', 'ready'] as const
/** virDomainEventIOErrorAction. */
export const IO_ERROR_ACTIONS = ['none', 'pause', 'report'] as const
/** virDomainEventWatchdogAction. */
export const WATCHDOG_ACTIONS = ['none', 'pause', 'reset', 'poweroff', 'shutdown', 'debug', 'inject nmi'] as const
/** virDomainEventGraphicsPhase. */
export const GRAPHICS_PHASES = ['connect', 'initialize', 'disconnect'] as const
/** virConnectDomainEventAgentLifecycleState; it starts at 1. */
export const AGENT_STATES = ['unknown', 'connected', 'disconnected'] as const
/** virConnectDomainEventAgentLifecycleReason. */
export const AGENT_REASONS = ['unknown', 'domain started', 'channel'] as const
/** virDomainEventTrayChangeReason. */
export const TRAY_CHANGES = ['open', 'close'] as const
/** virDomainJobType. */
export const JOB_TYPES = ['none', 'bounded', 'unbounded', 'completed', 'failed', 'cancelled'] as const
/** virDomainJobOperation. */
export const JOB_OPERATIONS = [
  'unknown',
  'start',
  'save',
  'restore',
  'migration in',
  'migration out',
  'snapshot',
  'snapshot revert',
  'dump',
  'backup',
  'snapshot delete',
] as const

/** The word at `index`, or `unknown`. */
export function nameOf<W extends string>(words: readonly W[], index: number): W | 'unknown' {
  return words[index] ?? 'unknown'
}
