import { createHash } from 'node:crypto'
import { conflict, unsupported, zeroUuid } from '@rookery/model'
import type { DomainInfo } from '@rookery/protocol'
import { formatKeyValues, type KeyValues, linesOf, parseKeyValues } from './key-values.ts'

/** `dom_md/metadata` of a storage domain: every key with its text, unknown ones included, the checksum left out. */
export type DomainMetadata = KeyValues

const sumKey = '_SHA_CKSUM'

/** Hex SHA-1 over the lines joined without line breaks; characters outside ASCII enter it as `&#NNNN;`. */
function checksum(lines: readonly string[]): string {
  const hash = createHash('sha1')
  for (const line of lines)
    hash.update(line.replace(/[\u{80}-\u{10ffff}]/gu, character => `&#${character.codePointAt(0)};`))
  return hash.digest('hex')
}

/** The bytes of `dom_md/metadata`: lines sorted by key, the checksum last. */
export function encodeDomainMetadata(metadata: DomainMetadata): Buffer {
  const lines = formatKeyValues(metadata)
  return Buffer.from(`${[...lines, `${sumKey}=${checksum(lines)}`].join('\n')}\n`, 'utf8')
}

/**
 * Reads `dom_md/metadata`. A file without a checksum is accepted, as oVirt does.
 * @throws RookeryError `conflict` `storage.checksum_broken` when the sum is there and wrong; `where` names the file in it
 */
export function decodeDomainMetadata(bytes: Buffer, where: string): Record<string, string> {
  const text = bytes.toString('utf8')
  const lines = linesOf(text)
  const values = parseKeyValues(text)
  const stored = values[sumKey]
  delete values[sumKey]
  const computed = checksum(lines.filter(line => !line.startsWith(`${sumKey}=`)))
  if (stored !== undefined && stored !== computed)
    throw conflict(
      'storage.checksum_broken',
      `${where} was changed without its checksum: the file says ${stored}, its lines give ${computed}. ` +
        `If the lines are right, put the second value after ${sumKey}=; otherwise restore the file from a backup.`,
      { detail: { where, stored, computed } },
    )
  return values
}

/** What a new domain's metadata starts from. */
export interface NewDomain {
  storageDomainId: string
  type: 'data' | 'iso'
  name: string
  /** What hosts connect to; informative. */
  remotePath: string
  storageType: 'localfs' | 'posixfs'
}

/** Metadata of a domain that was just made: V5 for data, V1 for iso, attached to no pool. */
export function newDomainMetadata(domain: NewDomain): DomainMetadata {
  return {
    ...(domain.type === 'data' ? { ALIGNMENT: '1048576', BLOCK_SIZE: '512' } : {}),
    CLASS: domain.type === 'data' ? 'Data' : 'Iso',
    DESCRIPTION: domain.name,
    IOOPTIMEOUTSEC: '10',
    LEASERETRIES: '3',
    LEASETIMESEC: '60',
    LOCKPOLICY: '',
    LOCKRENEWALINTERVALSEC: '5',
    POOL_UUID: '',
    REMOTE_PATH: domain.remotePath,
    ROLE: 'Regular',
    SDUUID: domain.storageDomainId,
    TYPE: domain.storageType.toUpperCase(),
    // The number on disk: the API's v1 is 0, v5 is 5.
    VERSION: domain.type === 'data' ? '5' : '0',
  }
}

/** The pools a domain is attached to: none, one, or several for an iso domain. */
export function poolsOf(metadata: DomainMetadata): string[] {
  return (metadata.POOL_UUID ?? '')
    .split(',')
    .map(id => id.trim().toLowerCase())
    .filter(id => id !== '' && id !== zeroUuid)
}

/** What an attach writes. */
export interface Attachment {
  poolId: string
  poolName: string
  role: 'Master' | 'Regular'
  poolDomains: readonly string[]
}

/**
 * The metadata after an attach. The five pool keys are written only when the domain becomes master, as oVirt does when it
 * creates a pool; other domains get the pool's id and nothing else.
 * @throws RookeryError `conflict` `storage.attached_elsewhere` when a data domain belongs to another pool
 */
export function attached(metadata: DomainMetadata, to: Attachment): DomainMetadata {
  const others = poolsOf(metadata).filter(id => id !== to.poolId)
  if (others.length > 0 && metadata.CLASS !== 'Iso')
    throw conflict(
      'storage.attached_elsewhere',
      `Storage domain ${metadata.DESCRIPTION || metadata.SDUUID} is attached to data center ${others[0]}. ` +
        'Detach it there first; if that data center is gone for good, import the domain, which takes it over.',
      { detail: { pools: others } },
    )
  const pools = [...others, to.poolId].join(',')
  if (to.role === 'Regular') return { ...metadata, POOL_UUID: pools, ROLE: 'Regular' }
  return {
    ...metadata,
    MASTER_VERSION: metadata.MASTER_VERSION ?? '1',
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a name must stay on its line
    POOL_DESCRIPTION: to.poolName.replace(/[\x00-\x1f]/g, ' '),
    POOL_DOMAINS: to.poolDomains.map(id => `${id}:Active`).join(','),
    POOL_SPM_ID: '-1',
    POOL_SPM_LVER: '-1',
    POOL_UUID: pools,
    ROLE: 'Master',
  }
}

/** The metadata after a detach from one pool: no pool id, an ordinary role; the pool keys stay, as in oVirt. */
export function detached(metadata: DomainMetadata, poolId: string): DomainMetadata {
  return {
    ...metadata,
    POOL_UUID: poolsOf(metadata)
      .filter(id => id !== poolId)
      .join(','),
    ROLE: 'Regular',
  }
}

/**
 * What a domain says about itself. `version` is the API's number (`storage_format` v1 to v5).
 * @throws RookeryError `unsupported` `storage.class_unknown` for an export domain and for classes and versions unknown here
 */
export function describeDomain(metadata: DomainMetadata): DomainInfo {
  const kind = { Data: 'data', Iso: 'iso' } as const
  const type = kind[metadata.CLASS as keyof typeof kind]
  if (type === undefined)
    throw unsupported(
      'storage.class_unknown',
      `The domain ${metadata.SDUUID} is of class "${metadata.CLASS ?? ''}"; this host serves data and iso domains.`,
    )
  const onDisk = Number(metadata.VERSION)
  if (![0, 2, 3, 4, 5].includes(onDisk))
    throw unsupported(
      'storage.version_unknown',
      `The domain ${metadata.SDUUID} is of version "${metadata.VERSION ?? ''}"; known are 0, 2, 3, 4 and 5.`,
    )
  return {
    storageDomainId: (metadata.SDUUID ?? '').toLowerCase(),
    type,
    name: metadata.DESCRIPTION ?? '',
    version: onDisk === 0 ? 1 : onDisk,
    poolId: poolsOf(metadata)[0] ?? null,
    role: metadata.ROLE === 'Master' ? 'Master' : 'Regular',
  }
}
