import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { invalid } from '@rookery/model'
import { type Db, json, type Sql } from '../db/index.ts'
import { hashPassword, verifyPassword } from './passwords.ts'
import { builtInRoles, roleId } from './roles.ts'
import { endSessionsOfUser } from './sessions.ts'

/** The project that everything belongs to that nobody put elsewhere. */
export const defaultProjectId = '00000000-0000-4000-8000-000000000001'
/** `admin@internal`; fixed, so that two engines that start together make one. */
export const adminId = '00000000-0000-4000-8000-0000000000ad'

/**
 * What identity needs in a fresh database: roles, the Default project, and `admin@internal` with the password of the file.
 * A file that was changed since the last start sets the password anew, and ends the sessions of the old one.
 */
export async function bootstrapIdentity(db: Db, passwordFile: string): Promise<void> {
  const password = await readPassword(passwordFile)
  await db.transaction(async tx => {
    const { sql } = tx
    await sql`select pg_advisory_xact_lock(hashtextextended('identity bootstrap', 0))`
    await writeRoles(sql)
    await sql`insert into project (id, name, description) values (${defaultProjectId}::uuid, 'Default', 'What belongs to nobody else.')
              on conflict (id) do nothing`
    await sql`insert into users (id, name, first_name) values (${adminId}::uuid, 'admin', 'admin') on conflict do nothing`
    await sql`
      insert into permission (id, user_id, role_id, object_kind, object_id)
      values (${randomUUID()}::uuid, ${adminId}::uuid, ${roleId('SuperUser')}::uuid, 'system', '00000000-0000-0000-0000-000000000000')
      on conflict do nothing`
    // The hash that the file gave last; a password that was changed by its user since then stays.
    const known = await sql.maybe<{ value: string }>`select value from setting where key = 'admin.password.file'`
    if (known !== undefined && (await verifyPassword(password, known.value))) return
    const hash = await hashPassword(password)
    await sql`update users set password_hash = ${hash}, version = version + 1 where id = ${adminId}::uuid`
    await sql`insert into setting (key, value) values ('admin.password.file', ${json(hash)})
              on conflict (key) do update set value = excluded.value, updated_at = now()`
    await endSessionsOfUser(tx, adminId)
  })
}

async function readPassword(file: string): Promise<string> {
  try {
    const text = (await readFile(file, 'utf8')).replace(/\r?\n$/, '')
    if (text.length >= 1) return text
  } catch (cause) {
    throw invalid(
      'admin.password.file',
      `The administrator's password file ${file} cannot be read: ${(cause as Error).message}`,
      { cause },
    )
  }
  throw invalid('admin.password.file', `The administrator's password file ${file} is empty.`)
}

async function writeRoles(sql: Sql): Promise<void> {
  await sql`
    insert into role (id, name, description, administrative, mutable, sees_children, permits)
    select r.id, r.name, r.description, r.administrative, false, r."seesChildren",
           (select array_agg(p) from jsonb_array_elements_text(r.permits) p)
      from jsonb_to_recordset(${json(builtInRoles)}::jsonb)
           as r(id uuid, name text, description text, administrative boolean, "seesChildren" boolean, permits jsonb)
    on conflict (id) do update
      set permits = excluded.permits, description = excluded.description, sees_children = excluded.sees_children
    where not role.mutable and (role.permits, role.description, role.sees_children)
          is distinct from (excluded.permits, excluded.description, excluded.sees_children)`
}
