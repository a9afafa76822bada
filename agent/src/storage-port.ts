import type { IncomingMessage, ServerResponse } from 'node:http'
import type { HostInventory, IsoRef, LeaseReport, StorageReport, VolumeRef } from '@rookery/protocol'
import type { Logger } from 'pino'
import type { LeasedImage } from './keeper/leases.ts'
import type { Handlers, StorageKind } from './tasks/registry.ts'

/** What the storage module (`storage/index.ts`, `createStorage(deps)`) is given. */
export interface StorageDeps {
  /** The agent's own durable folder; the module keeps its state below `<dataDir>/storage`. */
  readonly dataDir: string
  /** Sockets and other things that a reboot may take. */
  readonly runDir: string
  readonly log: Logger
  /** `https://host:port` of the listener that serves `/images/{ticket}`: `TicketResult.url` is this plus `/images/<ticket>`. */
  readonly imagesUrl: () => string
  /** Numeric owner of the QEMU processes, or null when libvirt does not say: for files that a guest must reach. */
  readonly qemuOwner: () => { uid: number; gid: number } | null
  /**
   * Grows the disk of a running guest, whose QEMU holds the image: libvirt's block resize to `capacity` bytes. False when that
   * run is not on this host now, so that `volume.extend` resizes the file itself.
   */
  readonly resizeRunning: (run: { vmId: string; runId: string; diskId: string }, capacity: number) => Promise<boolean>
  /** Does something about an image while no task does. */
  readonly imageInTurn: <T>(imageId: string, work: () => Promise<T>) => Promise<T>
  /** Keepers of storage leases; absent where no domain has any. */
  readonly leases?: LeasePort
  /** Milliseconds between two looks at a domain's space; 10 000 unless tests say otherwise. */
  readonly reportEveryMs?: number
}

/** What storage needs of this host's keepers of storage leases. */
export interface LeasePort {
  /** Throws `unavailable` `lease.no_keepers` where nothing keeps keepers running. */
  mustBeKept(): void
  /** There shall be a keeper of this domain, whose lease area is that file. */
  keep(storageDomainId: string, area: string): void
  /** There shall be none any more. Throws `conflict` `lease.in_use` while something of the domain is in use here. */
  leave(storageDomainId: string): Promise<void>
  look(storageDomainId: string): Promise<void>
  report(storageDomainId: string): LeaseReport
  /** Takes an image for this host, for as long as no process uses it. Throws `conflict` `lease.held`. */
  claim(image: LeasedImage, how: { timed: boolean; pid: number | null }, signal: AbortSignal): Promise<void>
  release(images: readonly LeasedImage[]): Promise<void>
}

/** What the rest of the agent knows of storage. Tasks of one volume, image or domain never run at once: the registry queues them. */
export interface StoragePort {
  readonly handlers: Handlers<StorageKind>
  /** The file of a volume. Throws `unavailable` when its domain is not connected here, `notFound` when there is no such volume. */
  volumePath(ref: VolumeRef): string
  /** Whether images of the domain are written to by one host at a time, which has to take them. */
  leased(storageDomainId: string): boolean
  /** The file of an ISO domain's medium; the same errors. Never leaves the domain's folder, links included. */
  isoPath(ref: IsoRef): string
  /** The last known space and health of every connected domain. */
  reports(): StorageReport[]
  /** Calls back for each new report; the function returned ends that. */
  onReport(callback: (report: StorageReport) => void): () => void
  /** What is on this host's storage, with the volumes of these domains; tickets, and what was left behind. */
  inventory(
    storageDomainIds: ReadonlySet<string>,
  ): Promise<Pick<HostInventory, 'storage' | 'volumes' | 'imageTickets' | 'found'>>
  /** Serves `/images/{ticket}` and `/v1/images/{ticket}`: the ticket is the last path segment. Answers everything itself. */
  readonly imagesListener: (req: IncomingMessage, res: ServerResponse) => void
  /** Reconnects what was connected before the restart, and starts looking. Never throws for a domain that is away: it reports. */
  start(): Promise<void>
  /** Ends running requests and timers. */
  stop(): Promise<void>
}

/** Shape of the one function that `storage/index.ts` exports under the name `createStorage`. */
export type CreateStorage = (deps: StorageDeps) => StoragePort
