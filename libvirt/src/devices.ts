/** Hardware of a domain. Every call takes where it applies: to the running domain, to its definition, or to both. */
import type { CallOptions } from './connection.ts'
import { type Affect, affectFlags } from './domain.ts'
import { VIR_DOMAIN_BLOCK_RESIZE_BYTES } from './generated/constants.gen.ts'
import type { RemoteNonnullDomain } from './generated/remote.gen.ts'
import type { Session } from './session.ts'

export class Devices {
  readonly #session: Session
  readonly #dom: RemoteNonnullDomain

  constructor(session: Session, dom: RemoteNonnullDomain) {
    this.#session = session
    this.#dom = dom
  }

  /** Plugs in a device given as XML (`<disk>`, `<interface>`, …). */
  async attach(xml: string, affect: Affect = {}, options?: CallOptions): Promise<void> {
    const args = { dom: this.#dom, xml, flags: affectFlags(affect) }
    await this.#session.call('domainAttachDeviceFlags', args, options)
  }

  /** Unplugs the device that the XML describes. A running guest must agree: wait for the `deviceRemoved` event. */
  async detach(xml: string, affect: Affect = {}, options?: CallOptions): Promise<void> {
    const args = { dom: this.#dom, xml, flags: affectFlags(affect) }
    await this.#session.call('domainDetachDeviceFlags', args, options)
  }

  /**
   * Unplugs by alias. Asynchronous by nature: the `deviceRemoved` event tells when it is done. A guest that has not seen
   * the device yet ignores the request, so it may have to be repeated; leave seconds between the requests, since
   * libvirtd 9.0 was seen to crash when one arrived in the moment in which the guest let go.
   */
  async detachAlias(alias: string, affect: Affect = {}, options?: CallOptions): Promise<void> {
    const args = { dom: this.#dom, alias, flags: affectFlags(affect) }
    await this.#session.call('domainDetachDeviceAlias', args, options)
  }

  /** Changes a device in place: the medium of a CD-ROM, the password of a display, the link state of a card. */
  async update(xml: string, affect: Affect = {}, options?: CallOptions): Promise<void> {
    const args = { dom: this.#dom, xml, flags: affectFlags(affect) }
    await this.#session.call('domainUpdateDeviceFlags', args, options)
  }

  /** Tells the guest that a disk has a new size, in bytes. `disk` is its target (`vda`) or path. */
  async resizeDisk(disk: string, bytes: number, options?: CallOptions): Promise<void> {
    const args = { dom: this.#dom, disk, size: BigInt(bytes), flags: VIR_DOMAIN_BLOCK_RESIZE_BYTES }
    await this.#session.call('domainBlockResize', args, options)
  }

  /** Sizes of a disk in bytes: what the guest sees, what is allocated, what the file or device has. */
  async diskInfo(
    disk: string,
    options?: CallOptions,
  ): Promise<{ capacity: number; allocation: number; physical: number }> {
    const info = await this.#session.call('domainGetBlockInfo', { dom: this.#dom, path: disk, flags: 0 }, options)
    return {
      capacity: Number(info.capacity),
      allocation: Number(info.allocation),
      physical: Number(info.physical),
    }
  }
}
