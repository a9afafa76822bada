/** A pure TypeScript client of libvirt's RPC protocol. See README.md for a tour. */
export type { BackoffOptions } from './backoff.ts'
export { type ConnectOptions, connect, Libvirt } from './client.ts'
export { type CallOptions, Connection, type ConnectionOptions, DEFAULT_SOCKET } from './connection.ts'
export type { Devices } from './devices.ts'
export type { ConsoleOptions, Display } from './display.ts'
export {
  type Affect,
  Domain,
  type DomainInfo,
  type DomainState,
  type PowerSignal,
  type StartOptions,
  type UndefineOptions,
  type XmlOptions,
} from './domain.ts'
export type { Domains, DomainStats, ListOptions, StatsGroup, StatsOptions } from './domains.ts'
export { type ConnectionFault, isLibvirtError, LibvirtConnectionError, LibvirtError } from './errors.ts'
export {
  type DomainEventName,
  EVENT_NAMES,
  type EventName,
  type EventPayloads,
  type Subscription,
} from './events.ts'
export * as constants from './generated/constants.gen.ts'
export { type OpenOptions, openConnection } from './handshake.ts'
export type { BaselineOptions, CpuComparison, Host, MachineSelector, NodeInfo } from './host.ts'
export { type Jobs, type JobStats, jobStats, type MigrateOptions } from './jobs.ts'
export type { KeepaliveOptions } from './keepalive.ts'
export type { DomainStateName, LifecycleEventName } from './names.ts'
export { type CallArgs, type CallRet, type ProcedureName, procedures } from './procedures.ts'
export type { JsonCommand, QemuControl } from './qemu.ts'
export { type DomainRef, formatUuid, parseUuid } from './refs.ts'
export { Secret, type Secrets, type SecretUsage } from './secrets.ts'
export type { Gap, SessionOptions, SessionState, StateChange } from './session.ts'
export { Hole, LibvirtStream, type StreamOptions } from './stream.ts'
export {
  fromTypedParams,
  numberParam,
  toTypedParams,
  type TypedParams,
  type TypedValue,
  typed,
} from './typed-params.ts'
