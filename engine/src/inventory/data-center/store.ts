import type { Sql } from '../../db/index.ts'
import type { AddDataCenter, DataCenterRow } from './types.ts'

/** A data center by id, whoever asks. */
export const getDataCenter = (sql: Sql, id: string): Promise<DataCenterRow | undefined> =>
  sql.maybe<DataCenterRow>`select * from data_center_view where id = ${id}::uuid`

/** Whether another data center has this name (case does not count). */
export async function nameTaken(sql: Sql, name: string, except: string | null): Promise<boolean> {
  const rows =
    await sql`select 1 from data_center where lower(name) = lower(${name}) and id is distinct from ${except}::uuid`
  return rows.length > 0
}

/** A new data center with its default project. */
export async function insertDataCenter(sql: Sql, id: string, projectId: string, i: AddDataCenter): Promise<void> {
  await sql`insert into project (id, name, description) values (${projectId}, ${i.name}, ${`Default project of data center ${i.name}`})`
  await sql`insert into data_center (id, name, description, comment, local, quota_mode, level_major, level_minor, default_project_id)
    values (${id}, ${i.name}, ${i.description}, ${i.comment}, ${i.local}, ${i.quotaMode}, ${i.level.major}, ${i.level.minor}, ${projectId})`
}

/** What stands in the way of removing it: attached domains, hosts in its clusters. */
export const inTheWay = (sql: Sql, id: string) =>
  sql.one<{ domains: string[]; hosts: string[]; vms: number }>`
    select array(select name from storage_domain where data_center_id = ${id}::uuid order by name) as domains,
           array(select h.name from host h join cluster c on c.id = h.cluster_id
                  where c.data_center_id = ${id}::uuid order by h.name) as hosts,
           (select count(*) from vm v join cluster c on c.id = v.cluster_id where c.data_center_id = ${id}::uuid) as vms`

/** Removes it with its networks; its clusters stay without a data center. Its project goes when nothing is in it. */
export async function deleteDataCenter(sql: Sql, row: DataCenterRow): Promise<void> {
  await sql`update storage_domain set data_center_id = null, master = false, status = 'unattached' where data_center_id = ${row.id}::uuid`
  await sql`update cluster set data_center_id = null, version = version + 1 where data_center_id = ${row.id}::uuid`
  await sql`delete from network where data_center_id = ${row.id}::uuid`
  await sql`delete from data_center where id = ${row.id}::uuid`
  await sql`delete from project p where p.id = ${row.defaultProjectId}::uuid
    and not exists (select 1 from disk where project_id = p.id) and not exists (select 1 from vm where project_id = p.id)
    and not exists (select 1 from template where project_id = p.id) and not exists (select 1 from image_transfer where project_id = p.id)`
}
