/** What is said on a fresh socket before a connection can be used: signing in, keepalive, opening a driver. */
import { Connection, type ConnectionOptions } from './connection.ts'
import { LibvirtConnectionError, LibvirtError } from './errors.ts'
import { VIR_CONNECT_RO } from './generated/constants.gen.ts'
import { RemoteAuthType } from './generated/remote.gen.ts'
import { DEFAULT_KEEPALIVE } from './keepalive.ts'

/** From libvirt's `virDrvFeature` (src/libvirt_internal.h): asking for it also makes the daemon send pings. */
const FEATURE_PROGRAM_KEEPALIVE = 10

export interface OpenOptions extends ConnectionOptions {
  /** The driver to open, for example `qemu:///system` or `test:///default`. Default: the daemon chooses. */
  uri?: string
  /** Refuse everything that changes something. */
  readOnly?: boolean
}

/** Dials, signs in and opens the driver. Rejects with LibvirtError; the socket is closed then. */
export async function openConnection(options: OpenOptions = {}, signal?: AbortSignal): Promise<Connection> {
  const limit = AbortSignal.timeout(options.connectTimeoutMs ?? 10_000)
  const combined = signal ? AbortSignal.any([signal, limit]) : limit
  const connection = await Connection.dial(options, signal)
  try {
    await shakeHands(connection, options, combined)
    return connection
  } catch (error) {
    const timedOut = limit.aborted && !signal?.aborted && !(error instanceof LibvirtError)
    const reason = timedOut
      ? new LibvirtConnectionError('connect', 'the libvirt daemon accepts but stays silent')
      : error
    connection.destroy(
      reason instanceof LibvirtConnectionError
        ? reason
        : new LibvirtConnectionError('closed', 'opening the connection failed', { cause: error }),
    )
    throw reason
  }
}

async function shakeHands(connection: Connection, options: OpenOptions, signal: AbortSignal): Promise<void> {
  const { types } = await connection.call('authList', undefined, { signal })
  await signIn(connection, types, signal)
  if (options.keepalive !== false) {
    const feature = await connection.call('connectSupportsFeature', { feature: FEATURE_PROGRAM_KEEPALIVE }, { signal })
    if (feature.supported) connection.startKeepalive(options.keepalive ?? DEFAULT_KEEPALIVE)
  }
  await connection.call(
    'connectOpen',
    { name: options.uri ?? null, flags: options.readOnly ? VIR_CONNECT_RO : 0 },
    { signal },
  )
}

async function signIn(connection: Connection, types: readonly number[], signal: AbortSignal): Promise<void> {
  if (types.length === 0 || types.includes(RemoteAuthType.REMOTE_AUTH_NONE)) return
  if (types.includes(RemoteAuthType.REMOTE_AUTH_POLKIT)) {
    // The daemon asks polkit about the process at the other end of the socket; there is nothing to send.
    await connection.call('authPolkit', undefined, { signal })
    return
  }
  throw new LibvirtConnectionError(
    'auth',
    'the libvirt daemon asks for SASL on its socket, which this client does not speak; set auth_unix_rw to "none" or "polkit"',
  )
}
