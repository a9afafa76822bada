import type { AgentTls } from '../src/client.ts'
import type { FenceDevice } from '../src/index.ts'

/** What the suite may ask of a guest here. */
export interface ContractGuest {
  /** A disk image to boot, and how; null: nothing is needed, the host pretends. */
  disk: { file: string; format: 'raw' | 'qcow2'; capacity: number } | null
  memory: number
  machine: 'pc' | 'q35'
  /** Whether the guest hears the power button. */
  shutsDown: boolean
  /** Whether its memory can be saved and restored here. */
  saves: boolean
  /** A text that stands on its serial line some time after the start, or after a key was pressed. */
  serialText: string
  guestAgentGraceSeconds: number
}

/** A host to test: somewhere behind a base URL. */
export interface ContractTarget {
  url: string
  /** How an engine that may do everything gets in. */
  tls: AgentTls
  /** What else this host can; the tests of powers that it lacks are skipped. */
  powers?: { guests?: boolean; images?: boolean; networks?: boolean; uplink?: boolean }
  guest?: ContractGuest
  /** A machine whose power it can switch; the password `wrong` is refused there, and there is no fence agent called `missing`. */
  device?: FenceDevice
  /** An empty place for a storage domain: its path on the host. */
  makePath(name: string): Promise<string>
  /** How long a state may take to come, milliseconds; guests under emulation are slow. */
  patienceMs?: number
  /** Kills the agent and starts it again with the same memory; the guests go on. Resolves when it answers again. */
  restart?(): Promise<void>
  close(): Promise<void>
}

/** Makes a fresh host for one run of the suite. */
export type MakeTarget = () => Promise<ContractTarget>
