/** Long-running work on a domain: migration, its progress and its cancellation. */
import type { CallOptions } from './connection.ts'
import { flags } from './flags.ts'
import * as c from './generated/constants.gen.ts'
import type { RemoteNonnullDomain } from './generated/remote.gen.ts'
import { JOB_OPERATIONS, JOB_TYPES, nameOf } from './names.ts'
import type { Session } from './session.ts'
import { fromTypedParams, numberParam, toTypedParams, type TypedParams, typed } from './typed-params.ts'

export interface MigrateOptions {
  /** The libvirt URI of the target daemon as the source daemon reaches it: `qemu+tls://host/system`. */
  target: string
  /** Keep the guest running meanwhile. Default: true. */
  live?: boolean
  /** Define the domain on the target. */
  persist?: boolean
  /** Remove the definition from the source afterwards. */
  undefineSource?: boolean
  /** Leave the guest paused on the target. */
  paused?: boolean
  /** Move through libvirt's own connection instead of QEMU's. */
  tunnelled?: boolean
  /** Encrypt QEMU's connection. */
  tls?: boolean
  /** The name that the target's certificate must carry, where it is not the one in `uri`. */
  tlsDestination?: string
  /** Where QEMU connects to: `tcp://address[:port]` or `unix:///path`. Default: libvirt chooses. */
  uri?: string
  /** Where the target QEMU listens. */
  listenAddress?: string
  /** The definition to use on the target, with addresses and paths changed. */
  xml?: string
  persistentXml?: string
  name?: string
  bandwidthMiBps?: number
  /** Copy disks too: all of them, or only what is above the shared backing file. */
  copyStorage?: 'all' | 'incremental'
  autoConverge?: boolean
  compressed?: boolean
  postCopy?: boolean
  parallelConnections?: number
  /** Do not refuse disks whose cache mode libvirt thinks unsafe to share. */
  unsafe?: boolean
  /** Stop when a disk fails instead of moving the failure. */
  abortOnError?: boolean
  /** Move the definition of a stopped domain. */
  offline?: boolean
}

export interface JobStats {
  /** `none` when nothing runs. */
  type: (typeof JOB_TYPES)[number] | 'unknown'
  operation: (typeof JOB_OPERATIONS)[number] | 'unknown'
  elapsedMs: number | undefined
  downtimeMs: number | undefined
  /** Bytes of memory and disks together. */
  total: number | undefined
  processed: number | undefined
  remaining: number | undefined
  /** Everything libvirt says, by its VIR_DOMAIN_JOB_… names. */
  params: TypedParams
}

export class Jobs {
  readonly #session: Session
  readonly #dom: RemoteNonnullDomain

  constructor(session: Session, dom: RemoteNonnullDomain) {
    this.#session = session
    this.#dom = dom
  }

  /**
   * Moves the domain to another daemon. The two daemons do it among themselves (peer to peer): this call only waits, on
   * a connection of its own, and its loss does not stop the migration. Use `stats` to watch and `abort` to cancel.
   */
  async migrate(how: MigrateOptions, options?: CallOptions): Promise<void> {
    const params = toTypedParams({
      [c.VIR_MIGRATE_PARAM_URI]: how.uri === undefined ? undefined : typed.string(how.uri),
      [c.VIR_MIGRATE_PARAM_LISTEN_ADDRESS]:
        how.listenAddress === undefined ? undefined : typed.string(how.listenAddress),
      [c.VIR_MIGRATE_PARAM_DEST_XML]: how.xml === undefined ? undefined : typed.string(how.xml),
      [c.VIR_MIGRATE_PARAM_PERSIST_XML]: how.persistentXml === undefined ? undefined : typed.string(how.persistentXml),
      [c.VIR_MIGRATE_PARAM_DEST_NAME]: how.name === undefined ? undefined : typed.string(how.name),
      [c.VIR_MIGRATE_PARAM_BANDWIDTH]: how.bandwidthMiBps === undefined ? undefined : typed.ullong(how.bandwidthMiBps),
      [c.VIR_MIGRATE_PARAM_TLS_DESTINATION]:
        how.tlsDestination === undefined ? undefined : typed.string(how.tlsDestination),
      [c.VIR_MIGRATE_PARAM_PARALLEL_CONNECTIONS]:
        how.parallelConnections === undefined ? undefined : typed.int(how.parallelConnections),
    })
    const args = { dom: this.#dom, dconnuri: how.target, params, cookieIn: new Uint8Array(), flags: migrateFlags(how) }
    await this.#session.apart(connection => connection.call('domainMigratePerform3Params', args, options), options)
  }

  /** What the job that runs now has done. `completed`: the last finished one instead. */
  async stats(how: { completed?: boolean } = {}, options?: CallOptions): Promise<JobStats> {
    const bits = flags([how.completed, c.VIR_DOMAIN_JOB_STATS_COMPLETED | c.VIR_DOMAIN_JOB_STATS_KEEP_COMPLETED])
    const { type, params } = await this.#session.call('domainGetJobStats', { dom: this.#dom, flags: bits }, options)
    return jobStats(type, fromTypedParams(params))
  }

  /** Cancels the job that runs now. */
  async abort(options?: CallOptions): Promise<void> {
    await this.#session.call('domainAbortJob', { dom: this.#dom }, options)
  }

  /** The longest pause that a live migration may end with, in milliseconds. */
  async setMaxDowntimeMs(ms: number, options?: CallOptions): Promise<void> {
    const args = { dom: this.#dom, downtime: BigInt(ms), flags: 0 }
    await this.#session.call('domainMigrateSetMaxDowntime', args, options)
  }

  /** Hands the guest over now and fetches the rest of its memory on demand; the migration must have `postCopy`. */
  async startPostCopy(options?: CallOptions): Promise<void> {
    await this.#session.call('domainMigrateStartPostCopy', { dom: this.#dom, flags: 0 }, options)
  }
}

function migrateFlags(how: MigrateOptions): number {
  return flags(
    [true, c.VIR_MIGRATE_PEER2PEER],
    [(how.live ?? true) && !how.offline, c.VIR_MIGRATE_LIVE],
    [how.persist, c.VIR_MIGRATE_PERSIST_DEST],
    [how.undefineSource, c.VIR_MIGRATE_UNDEFINE_SOURCE],
    [how.paused, c.VIR_MIGRATE_PAUSED],
    [how.tunnelled, c.VIR_MIGRATE_TUNNELLED],
    [how.tls, c.VIR_MIGRATE_TLS],
    [how.copyStorage === 'all', c.VIR_MIGRATE_NON_SHARED_DISK],
    [how.copyStorage === 'incremental', c.VIR_MIGRATE_NON_SHARED_INC],
    [how.autoConverge, c.VIR_MIGRATE_AUTO_CONVERGE],
    [how.compressed, c.VIR_MIGRATE_COMPRESSED],
    [how.postCopy, c.VIR_MIGRATE_POSTCOPY],
    [how.parallelConnections !== undefined, c.VIR_MIGRATE_PARALLEL],
    [how.unsafe, c.VIR_MIGRATE_UNSAFE],
    [how.abortOnError, c.VIR_MIGRATE_ABORT_ON_ERROR],
    [how.offline, c.VIR_MIGRATE_OFFLINE],
  )
}

/** Reads the statistics of a job; also right for the parameters of the `jobCompleted` event. */
export function jobStats(type: number, params: TypedParams): JobStats {
  return {
    type: nameOf(JOB_TYPES, type),
    operation: nameOf(JOB_OPERATIONS, numberParam(params, c.VIR_DOMAIN_JOB_OPERATION) ?? 0),
    elapsedMs: numberParam(params, c.VIR_DOMAIN_JOB_TIME_ELAPSED),
    downtimeMs: numberParam(params, c.VIR_DOMAIN_JOB_DOWNTIME),
    total: numberParam(params, c.VIR_DOMAIN_JOB_DATA_TOTAL),
    processed: numberParam(params, c.VIR_DOMAIN_JOB_DATA_PROCESSED),
    remaining: numberParam(params, c.VIR_DOMAIN_JOB_DATA_REMAINING),
    params,
  }
}
