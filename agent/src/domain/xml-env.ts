import type { IsoRef, VolumeRef } from '@rookery/protocol'
import type { RunMetadata } from './metadata.ts'

/** What the host adds to a specification, so that turning both into XML is a pure function. */
export interface DomainEnv {
  readonly accel: 'kvm' | 'tcg'
  readonly emulator: string
  /** The file of a volume, and the one of a medium; they throw what the storage module throws. */
  readonly volumePath: (ref: VolumeRef) => string
  readonly isoPath: (ref: IsoRef) => string
  /** `none` where the file's file system takes O_DIRECT, else `writeback`. */
  readonly cache: (file: string) => 'none' | 'writeback'
  /** The bridge of a logical network; throws `conflict` when the network is not there. */
  readonly bridge: (networkId: string) => { name: string; mtu: number }
  /** The name of a card's tap device: at most 15 bytes, always the same for the same card of this agent. */
  readonly tap: (nicId: string) => string
  readonly vncSocket: string
  /** Nobody knows it: each visitor's own is set when the visitor comes. */
  readonly vncPassword: string
  readonly serialSocket: string
  readonly serialLog: string
  /** The ISO made of the seed; null when there is none. */
  readonly seedFile: string | null
  readonly metadata: RunMetadata
}
