/** Secrets that libvirt keeps for volumes, pools, TLS keys and TPMs. */
import type { CallOptions } from './connection.ts'
import type { RemoteNonnullSecret } from './generated/remote.gen.ts'
import { formatUuid, parseUuid } from './refs.ts'
import type { Session } from './session.ts'

/** What a secret is for. */
const USAGES = ['none', 'volume', 'ceph', 'iscsi', 'tls', 'vtpm'] as const
export type SecretUsage = (typeof USAGES)[number]

export class Secret {
  readonly uuid: string
  readonly usage: SecretUsage
  /** Which volume, client or key it is for; empty for `none`. */
  readonly usageId: string
  readonly #session: Session
  readonly #secret: RemoteNonnullSecret

  constructor(session: Session, secret: RemoteNonnullSecret) {
    this.#session = session
    this.#secret = secret
    this.uuid = formatUuid(secret.uuid)
    this.usage = USAGES[secret.usageType] ?? 'none'
    this.usageId = secret.usageID
  }

  async xml(options?: CallOptions): Promise<string> {
    return (await this.#session.call('secretGetXmlDesc', { secret: this.#secret, flags: 0 }, options)).xml
  }

  async setValue(value: Uint8Array, options?: CallOptions): Promise<void> {
    await this.#session.call('secretSetValue', { secret: this.#secret, value, flags: 0 }, options)
  }

  /** Rejects with VIR_ERR_NO_SECRET when none was set, VIR_ERR_INVALID_SECRET when it is private. */
  async value(options?: CallOptions): Promise<Buffer> {
    const { value } = await this.#session.call('secretGetValue', { secret: this.#secret, flags: 0 }, options)
    return Buffer.from(value)
  }

  async undefine(options?: CallOptions): Promise<void> {
    await this.#session.call('secretUndefine', { secret: this.#secret }, options)
  }
}

export class Secrets {
  readonly #session: Session

  constructor(session: Session) {
    this.#session = session
  }

  async list(options?: CallOptions): Promise<Secret[]> {
    const { secrets } = await this.#session.call('connectListAllSecrets', { needResults: 1, flags: 0 }, options)
    return secrets.map(secret => new Secret(this.#session, secret))
  }

  /** Rejects with VIR_ERR_NO_SECRET when there is none. */
  async byUuid(uuid: string, options?: CallOptions): Promise<Secret> {
    const { secret } = await this.#session.call('secretLookupByUuid', { uuid: parseUuid(uuid) }, options)
    return new Secret(this.#session, secret)
  }

  /** Rejects with VIR_ERR_NO_SECRET when there is none. */
  async byUsage(usage: SecretUsage, usageId: string, options?: CallOptions): Promise<Secret> {
    const args = { usageType: USAGES.indexOf(usage), usageID: usageId }
    return new Secret(this.#session, (await this.#session.call('secretLookupByUsage', args, options)).secret)
  }

  /** Stores a definition; the value comes later by `setValue`. */
  async define(xml: string, options?: CallOptions): Promise<Secret> {
    const { secret } = await this.#session.call('secretDefineXml', { xml, flags: 0 }, options)
    return new Secret(this.#session, secret)
  }
}
