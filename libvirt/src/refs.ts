/** How libvirt names its objects on the wire, and how this package names them. */
import type { RemoteNonnullDomain } from './generated/remote.gen.ts'

/** A domain as people and programs refer to it. */
export interface DomainRef {
  name: string
  /** Lower case, with dashes. */
  uuid: string
  /** libvirt's number for the running domain; null when it was not running as this reference was made. */
  id: number | null
}

/** 16 bytes → `8-4-4-4-12` lower case hexadecimal digits. */
export function formatUuid(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** The reverse; dashes are optional. Throws TypeError when it is not a UUID. */
export function parseUuid(text: string): Buffer {
  const hex = text.replaceAll('-', '')
  if (!/^[0-9a-fA-F]{32}$/.test(hex)) throw new TypeError(`${text} is not a UUID`)
  return Buffer.from(hex, 'hex')
}

/** From the wire. */
export function domainRef(dom: RemoteNonnullDomain): DomainRef {
  return { name: dom.name, uuid: formatUuid(dom.uuid), id: dom.id < 0 ? null : dom.id }
}

/** To the wire. libvirt finds a domain by its UUID; the name only shows in its error messages. */
export function wireDomain(ref: DomainRef): RemoteNonnullDomain {
  return { name: ref.name, uuid: parseUuid(ref.uuid), id: ref.id ?? -1 }
}
