import { randomUUID } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { conflict } from '@rookery/model'
import { inTransaction } from './database.ts'

/** What the host remembers of itself. */
export interface HostState {
  /** Raised at each start of the agent, before anything is answered. */
  readonly incarnation: number
  /** Made at the first start; stays with the data directory. */
  readonly hostUuid: string
}

function readMeta(db: DatabaseSync, key: string): string | null {
  const row = db.prepare('select value from meta where key = ?').get(key)
  return row === undefined ? null : String(row.value)
}

function writeMeta(db: DatabaseSync, key: string, value: string): void {
  db.prepare('insert into meta values (?, ?) on conflict (key) do update set value = excluded.value').run(key, value)
}

/** QEMU's user as libvirt named it last; null as long as it never did. Known before libvirt answers, it keeps mounts as they are. */
export function recallOwner(db: DatabaseSync): { uid: number; gid: number } | null {
  const [uid, gid] = (readMeta(db, 'qemu_owner') ?? '').split(':').map(Number)
  return uid === undefined || gid === undefined ? null : { uid, gid }
}

/** Remembers QEMU's user. */
export function rememberOwner(db: DatabaseSync, owner: { uid: number; gid: number }): void {
  writeMeta(db, 'qemu_owner', `${owner.uid}:${owner.gid}`)
}

/** The machine's name for good, made when it is first asked for. */
export function hostUuidOf(db: DatabaseSync): string {
  const hostUuid = readMeta(db, 'host_uuid') ?? randomUUID()
  writeMeta(db, 'host_uuid', hostUuid)
  return hostUuid
}

/** Reads the host's identity and raises the incarnation durably. */
export function startHostState(db: DatabaseSync): HostState {
  return inTransaction(db, () => {
    const incarnation = Number(readMeta(db, 'incarnation') ?? '0') + 1
    writeMeta(db, 'incarnation', String(incarnation))
    return { incarnation, hostUuid: hostUuidOf(db) }
  })
}

/**
 * Admits an SPM epoch: remembers the highest of each pool durably and refuses a lower one with `conflict`, `spm.stale_epoch`.
 * Whoever was SPM before and still sends is thereby out, whatever it believes.
 */
export function admitEpoch(db: DatabaseSync, spm: { poolId: string; epoch: number }): void {
  const row = db.prepare('select epoch from epoch where pool_id = ?').get(spm.poolId)
  const known = row === undefined ? 0 : Number(row.epoch)
  if (spm.epoch < known)
    throw conflict(
      'spm.stale_epoch',
      `Storage of pool ${spm.poolId} was changed under epoch ${known}; a task of the older epoch ${spm.epoch} is refused.`,
      { detail: { known, asked: spm.epoch } },
    )
  if (spm.epoch > known)
    db.prepare('insert into epoch values (?, ?) on conflict (pool_id) do update set epoch = excluded.epoch').run(
      spm.poolId,
      spm.epoch,
    )
}
