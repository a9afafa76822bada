import { conflict } from '@rookery/model'
import type { DiskSpec } from '@rookery/protocol'
import { imageOfFile, type LeasedImage, type Leases } from '../keeper/leases.ts'
import type { StoragePort } from '../storage-port.ts'
import { child } from '../xml/node.ts'
import type { Hypervisor } from './hypervisor.ts'
import type { LiveDomain } from './live.ts'
import { qemuProcess } from './qemu-process.ts'

/** What of a disk says whether its guest writes to it alone. */
export interface LeasableDisk extends Pick<DiskSpec, 'volume'> {
  readonly readOnly?: boolean | undefined
  readonly shareable?: boolean | undefined
}

/** What handlers of VM tasks do about storage leases. On domains without them nothing happens, and nothing is asked. */
export interface RunLeases {
  /** Images that a guest with these disks writes to alone. */
  of(disks: readonly LeasableDisk[]): LeasedImage[]
  /** The same of a guest that is here, as far as its definition tells. */
  ofLive(live: LiveDomain): LeasedImage[]
  /**
   * Takes all or none for a VM; content with what its process here has already. Throws `conflict` `lease.held`, saying who holds it and since
   * when.
   */
  take(images: readonly LeasedImage[], signal: AbortSignal, vmId: string): Promise<void>
  /** Tells the keepers the process that uses them from now on; it must stand still. */
  use(images: readonly LeasedImage[], vmId: string): Promise<void>
  /** Lets go of what is not used, after a start that failed. */
  release(images: readonly LeasedImage[]): Promise<void>
  /** After the end of the process. */
  settle(images: readonly LeasedImage[]): Promise<void>
  /** Target of a migration: waits for images that another host holds; tells the generation that each is to be given to. */
  await(images: readonly LeasedImage[]): Promise<(LeasedImage & { generation: string })[]>
  /** Target: the process is here and stands still. Said again, it changes nothing. */
  arrived(images: readonly LeasedImage[], vmId: string): Promise<void>
  /** Target: whether all were given, or one never will be. */
  gift(images: readonly LeasedImage[]): Promise<'given' | 'waiting' | 'lost'>
  /** Source: when the process is gone they go over to those generations. Null: it stays after all. */
  handOver(images: readonly (LeasedImage & { generation: string | null })[]): Promise<void>
  /** The process goes on without them. */
  leave(images: readonly LeasedImage[]): Promise<void>
}

/** Leases of guests by the keepers of this host. */
export function runLeases(o: {
  leases: Leases
  storage: Pick<StoragePort, 'leased'>
  hypervisor: Pick<Hypervisor, 'libvirtSocket'>
}): RunLeases {
  const { leases, storage } = o
  const release = async (images: readonly LeasedImage[]) => {
    await leases.settle(images)
    await leases.release(images)
  }
  return {
    of: disks =>
      disks
        .filter(
          disk => disk.readOnly !== true && disk.shareable !== true && storage.leased(disk.volume.storageDomainId),
        )
        .map(({ volume: { storageDomainId, imageId } }) => ({ storageDomainId, imageId })),
    ofLive: live =>
      live.disks.flatMap(({ diskId, file, element }) => {
        const alone = child(element, 'readonly') === undefined && child(element, 'shareable') === undefined
        const image = diskId === null || file === null || !alone ? null : imageOfFile(file)
        return image !== null && storage.leased(image.storageDomainId) ? [image] : []
      }),
    async take(images, signal, vmId) {
      if (images.length === 0) return
      const pid = await qemuProcess(o.hypervisor.libvirtSocket, vmId).catch(() => null)
      const tried = await Promise.allSettled(images.map(image => leases.claim(image, { timed: false, pid }, signal)))
      const failed = tried.find(attempt => attempt.status === 'rejected')
      if (failed === undefined) return
      await release(images)
      throw failed.reason
    },
    async use(images, vmId) {
      if (images.length === 0) return
      const pid = await qemuProcess(o.hypervisor.libvirtSocket, vmId)
      await Promise.all(images.map(image => leases.start(image, pid)))
    },
    async await(images) {
      const tried = await Promise.allSettled(
        images.map(async image => {
          await leases.receive(image)
          return { ...image, generation: (await leases.status(image.storageDomainId)).generation }
        }),
      )
      const failed = tried.find(attempt => attempt.status === 'rejected')
      if (failed !== undefined) {
        await release(images)
        throw failed.reason
      }
      return tried.flatMap(attempt => (attempt.status === 'fulfilled' ? [attempt.value] : []))
    },
    async arrived(images, vmId) {
      const pid = await qemuProcess(o.hypervisor.libvirtSocket, vmId)
      await Promise.all(images.map(image => leases.arrived(image, pid)))
    },
    async gift(images) {
      const gifts = await Promise.all(images.map(image => leases.gift(image)))
      return gifts.includes('lost') ? 'lost' : gifts.every(gift => gift === 'given') ? 'given' : 'waiting'
    },
    async handOver(images) {
      await Promise.all(images.map(image => leases.handOver(image, image.generation)))
    },
    release,
    settle: images => leases.settle(images),
    async leave(images) {
      await Promise.all(images.map(image => leases.left(image)))
    },
  }
}

/** A guest that was started and may not run: what it needs was lost meanwhile. */
export const leaseLost = (vmId: string, cause: unknown) =>
  conflict('vm.lease_lost', 'The storage lease of this host ended while the guest was being started; try again.', {
    ref: { kind: 'vm', id: vmId },
    cause,
  })
