import { conflict } from '@rookery/model'
import type { Sql } from '../../db/index.ts'

/** Who serves a data center's storage now. */
export interface Spm {
  dataCenterId: string
  epoch: number
  hostId: string
}

/** The SPM of a data center, if there is one and it is up. */
export async function currentSpm(sql: Sql, dataCenterId: string): Promise<Spm | undefined> {
  return sql.maybe<Spm>`select s.data_center_id, s.epoch, s.host_id from spm s join host h on h.id = s.host_id
    where s.data_center_id = ${dataCenterId}::uuid and h.status = 'up'`
}

/** The SPM of a data center, also one that is silent now: a job asks it again until it answers or another takes the role. */
export async function assignedSpm(sql: Sql, dataCenterId: string): Promise<Spm | undefined> {
  return sql.maybe<Spm>`select data_center_id, epoch, host_id from spm where data_center_id = ${dataCenterId}::uuid and host_id is not null`
}

/** Throws `conflict` unless somebody serves the storage of the data center; for operations, which say so at once. */
export async function mustHaveSpm(sql: Sql, dataCenterId: string, action: string): Promise<Spm> {
  const spm = await currentSpm(sql, dataCenterId)
  if (spm !== undefined) return spm
  throw conflict(
    'data_center.no_spm',
    `${action} The Data Center has no Host that is up and serves its storage (SPM).`,
    {
      ref: { kind: 'data_center', id: dataCenterId },
    },
  )
}

/** Makes a host the SPM, with a new epoch: tasks of an older one are refused from then on. */
export async function becomeSpm(sql: Sql, dataCenterId: string, hostId: string): Promise<number> {
  const row = await sql.one<{ epoch: number }>`
    insert into spm (data_center_id, epoch, host_id) values (${dataCenterId}, 1, ${hostId})
    on conflict (data_center_id) do update set epoch = spm.epoch + 1, host_id = excluded.host_id, since = now()
    returning epoch`
  return row.epoch
}

/** Takes the role from a host that stops serving. */
export const leaveSpm = (sql: Sql, hostId: string): Promise<number> =>
  sql.run`update spm set host_id = null, since = now() where host_id = ${hostId}::uuid`
