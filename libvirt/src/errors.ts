/**
 * What can go wrong, in libvirt's own terms. Every error this package throws on its own account is a LibvirtError;
 * an aborted call rejects with its signal's reason, as everywhere in Node.
 */
import {
  VIR_ERR_ERROR,
  VIR_ERR_RPC,
  VIR_FROM_RPC,
  virErrorDomainNames,
  virErrorLevelNames,
  virErrorNumberNames,
} from './generated/constants.gen.ts'

/** The fields of a LibvirtError; numbers as libvirt's `virterror.h` has them. */
export interface LibvirtErrorFields {
  code: number
  domain: number
  level: number
  message: string
  /** Extra values that libvirt sent with the error; what they mean depends on the code. */
  details?: { str1?: string | null; str2?: string | null; str3?: string | null; int1?: number; int2?: number }
  /** The procedure that failed, for example `domainCreate`. */
  procedure?: string
  cause?: unknown
}

/**
 * An error that libvirt reported. `code` says what happened (compare with the `VIR_ERR_…` constants), `domain` which
 * part of libvirt says so (`VIR_FROM_…`), `message` is libvirt's own sentence.
 */
export class LibvirtError extends Error {
  override name = 'LibvirtError'
  readonly code: number
  readonly domain: number
  readonly level: number
  readonly details: NonNullable<LibvirtErrorFields['details']>
  readonly procedure: string | undefined

  constructor(fields: LibvirtErrorFields) {
    super(fields.message, fields.cause === undefined ? undefined : { cause: fields.cause })
    this.code = fields.code
    this.domain = fields.domain
    this.level = fields.level
    this.details = fields.details ?? {}
    this.procedure = fields.procedure
  }

  /** The name of the code, for example `VIR_ERR_NO_DOMAIN`; a code newer than this package reads `VIR_ERR_107`. */
  get codeName(): string {
    return virErrorNumberNames[this.code] ?? `VIR_ERR_${this.code}`
  }

  /** The name of the part of libvirt, for example `VIR_FROM_QEMU`. */
  get domainName(): string {
    return virErrorDomainNames[this.domain] ?? `VIR_FROM_${this.domain}`
  }

  /** The name of the level: `VIR_ERR_NONE`, `VIR_ERR_WARNING` or `VIR_ERR_ERROR`. */
  get levelName(): string {
    return virErrorLevelNames[this.level] ?? `VIR_ERR_LEVEL_${this.level}`
  }
}

/**
 * Why a connection is not there:
 * - `connect`: the socket could not be opened (no daemon, no permission);
 * - `auth`: the daemon asks for a way of signing in that this client does not speak;
 * - `closed`: this side closed it;
 * - `lost`: the daemon closed it or died;
 * - `keepalive`: the daemon did not answer pings in time;
 * - `protocol`: the daemon sent bytes that are not the protocol.
 */
export type ConnectionFault = 'connect' | 'auth' | 'closed' | 'lost' | 'keepalive' | 'protocol'

/** The connection failed, so it is unknown whether a call in flight took effect. Never retried automatically. */
export class LibvirtConnectionError extends LibvirtError {
  override name = 'LibvirtConnectionError'
  readonly fault: ConnectionFault

  constructor(fault: ConnectionFault, message: string, options: { procedure?: string; cause?: unknown } = {}) {
    super({ code: VIR_ERR_RPC, domain: VIR_FROM_RPC, level: VIR_ERR_ERROR, message, ...options })
    this.fault = fault
  }
}

/** A fault of the conversation itself, found on this side. */
export function rpcError(message: string, options: { procedure?: string; cause?: unknown } = {}): LibvirtError {
  return new LibvirtError({ code: VIR_ERR_RPC, domain: VIR_FROM_RPC, level: VIR_ERR_ERROR, message, ...options })
}

/** True when `error` is a LibvirtError with one of the codes: `isLibvirtError(e, VIR_ERR_NO_DOMAIN)`. */
export function isLibvirtError(error: unknown, ...codes: number[]): error is LibvirtError {
  return error instanceof LibvirtError && (codes.length === 0 || codes.includes(error.code))
}
