import { GiB } from '@rookery/model'

/** Fields of a qcow2 header that a test bends. Offsets and sizes are bytes. */
export interface Bent {
  version?: number
  backing?: string
  clusterBits?: number
  virtualSize?: bigint
  crypt?: number
  l1Entries?: number
  l1Offset?: bigint
  refcountTableOffset?: bigint
  refcountTableClusters?: number
  snapshots?: number
  incompatible?: bigint
  refcountOrder?: number
  headerLength?: number
  extensions?: readonly (readonly [type: number, data: string | number])[]
  /** First entry of the L1 table. */
  l1Entry?: bigint
}

const cluster = 65_536

/**
 * A qcow2 of four clusters: header, refcount table, refcount block, L1 table; 1 MiB for the guest, without data. With nothing
 * bent `qemu-img check` finds it sound. An extension whose data is a number claims that length and has none.
 */
export function bentQcow2(bent: Bent = {}): Buffer {
  const image = Buffer.alloc(4 * cluster)
  image.writeUInt32BE(0x514649fb, 0)
  image.writeUInt32BE(bent.version ?? 3, 4)
  image.writeUInt32BE(bent.clusterBits ?? 16, 20)
  image.writeBigUInt64BE(bent.virtualSize ?? BigInt(1024 * 1024), 24)
  image.writeUInt32BE(bent.crypt ?? 0, 32)
  image.writeUInt32BE(bent.l1Entries ?? 1, 36)
  image.writeBigUInt64BE(bent.l1Offset ?? BigInt(3 * cluster), 40)
  image.writeBigUInt64BE(bent.refcountTableOffset ?? BigInt(cluster), 48)
  image.writeUInt32BE(bent.refcountTableClusters ?? 1, 56)
  image.writeUInt32BE(bent.snapshots ?? 0, 60)
  image.writeBigUInt64BE(bent.incompatible ?? 0n, 72)
  image.writeUInt32BE(bent.refcountOrder ?? 4, 96)
  image.writeUInt32BE(bent.headerLength ?? 104, 100)
  let at = 104
  for (const [type, data] of bent.extensions ?? []) {
    image.writeUInt32BE(type, at)
    image.writeUInt32BE(typeof data === 'number' ? data : Buffer.byteLength(data), at + 4)
    at += 8
    if (typeof data === 'string') at += Math.ceil(image.write(data, at) / 8) * 8
  }
  at += 8
  if (bent.backing !== undefined) {
    image.writeBigUInt64BE(BigInt(at), 8)
    image.writeUInt32BE(image.write(bent.backing, at), 16)
  }
  image.writeBigUInt64BE(BigInt(2 * cluster), cluster)
  for (let n = 0; n < 4; n++) image.writeUInt16BE(1, 2 * cluster + n * 2)
  image.writeBigUInt64BE(bent.l1Entry ?? 0n, 3 * cluster)
  return image
}

/** A hostile image: what it claims to be, its bytes, and the refusal that it earns (null: it is harmless as that). */
export interface HostileImage {
  name: string
  format: 'raw' | 'qcow2'
  bytes: Buffer
  why: string | null
}

/** The file that hostile images name lies at `canary`. */
export function hostileImages(canary: string): HostileImage[] {
  const json = `json:{"driver":"raw","file":{"driver":"file","filename":"${canary}"}}`
  const vmdk = Buffer.from(
    `# Disk DescriptorFile\nversion=1\nCID=fffffffe\nparentCID=ffffffff\ncreateType="monolithicFlat"\nRW 2048 FLAT "${canary}" 0\n`,
  )
  const dataFile = { incompatible: 4n, extensions: [[0x44415441, canary]] as const }
  const qcow2 = (name: string, why: string, bent: Bent): HostileImage => ({
    name,
    format: 'qcow2',
    bytes: bentQcow2(bent),
    why,
  })
  const as = (name: string, format: 'raw' | 'qcow2', bytes: Buffer, why: string | null): HostileImage => ({
    name,
    format,
    bytes,
    why,
  })
  return [
    qcow2('a backing file', 'backing_file', { backing: canary }),
    qcow2('a backing file with its format', 'backing_file', { backing: canary, extensions: [[0xe2792aca, 'raw']] }),
    qcow2('a backing file by JSON', 'backing_file', { backing: json }),
    qcow2('a backing file over the network', 'backing_file', { backing: 'nbd://127.0.0.1:9/x' }),
    qcow2('a relative backing file', 'backing_file', { backing: '../../../../../../etc/passwd' }),
    qcow2('a data file', 'data_file', dataFile),
    qcow2('a data file by JSON', 'data_file', { ...dataFile, extensions: [[0x44415441, json]] }),
    qcow2('the name of a data file without the feature', 'data_file', { extensions: [[0x44415441, canary]] }),
    qcow2('the feature of a data file without a name', 'data_file', { incompatible: 4n }),
    qcow2('an absurd virtual size', 'too_large', { virtualSize: (BigInt(GiB) * BigInt(GiB)) / 1024n }),
    qcow2('an impossible virtual size', 'header', { virtualSize: 2n ** 63n }),
    qcow2('an absurd L1 table', 'tables', { l1Entries: 0xffffffff }),
    qcow2('an L1 table that is too small', 'tables', { l1Entries: 0 }),
    qcow2('an absurd refcount table', 'tables', { refcountTableClusters: 0xffffffff }),
    qcow2('no refcount table', 'tables', { refcountTableClusters: 0 }),
    qcow2('impossible refcounts', 'tables', { refcountOrder: 31 }),
    qcow2('an L1 table past the end', 'truncated', { l1Offset: 2n ** 40n }),
    qcow2('an L1 table in the header', 'truncated', { l1Offset: 0n }),
    qcow2('a refcount table past the end', 'truncated', { refcountTableOffset: 2n ** 40n }),
    qcow2('tiny clusters', 'cluster_size', { clusterBits: 1 }),
    qcow2('giant clusters', 'cluster_size', { clusterBits: 63 }),
    qcow2('encryption', 'encrypted', { crypt: 2 }),
    qcow2('an encryption header', 'encrypted', { extensions: [[0x0537be77, 'x'.repeat(16)]] }),
    qcow2('internal snapshots', 'snapshots', { snapshots: 65_535 }),
    qcow2('unknown features', 'features', { incompatible: 2n ** 40n }),
    qcow2('the mark of corruption', 'corrupt', { incompatible: 2n }),
    qcow2('the mark of a crash', 'unclean', { incompatible: 1n }),
    qcow2('a future version', 'version', { version: 4 }),
    qcow2('a header of impossible length', 'header', { headerLength: 0xffffff00 }),
    qcow2('an extension without end', 'header', { extensions: [[0x6803f857, 0xfffffff0]] }),
    qcow2('an L1 table that leads nowhere', 'corrupt', { l1Entry: (2n ** 63n) | (2n ** 50n) }),
    as('a cut header', 'qcow2', bentQcow2().subarray(0, 40), 'truncated'),
    as('a cut file', 'qcow2', bentQcow2().subarray(0, 3 * cluster), 'truncated'),
    as('a VMDK descriptor called qcow2', 'qcow2', vmdk, 'not_qcow2'),
    as('zeros called qcow2', 'qcow2', Buffer.alloc(cluster), 'not_qcow2'),
    as('a VMDK descriptor', 'raw', vmdk, null),
    as('a qcow2 with a backing file', 'raw', bentQcow2({ backing: canary }), null),
    as('a qcow2 with a data file', 'raw', bentQcow2(dataFile), null),
    as('more bytes than the disk has', 'raw', Buffer.alloc(3 * 1024 * 1024, 1), 'too_large'),
  ]
}
