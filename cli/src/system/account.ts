import { readFile } from 'node:fs/promises'
import type { Account } from '@rookery/postgres'
import { exec, must } from './exec.ts'

/** The system user that runs engine and database. It owns nothing outside the data directory and cannot sign in. */
export const SERVICE_USER = 'rookery'

/** Looks a user up, in whatever directory the machine uses. */
export async function account(name: string): Promise<Account | undefined> {
  const { code, stdout } = await exec(['getent', 'passwd', name])
  if (code !== 0) return undefined
  const [found, , uid, gid] = stdout.trim().split(':')
  return { name: found ?? name, uid: Number(uid), gid: Number(gid) }
}

/** The service user, made if need be; `made` says whether it was. Needs root. */
export async function serviceAccount(): Promise<{ account: Account; made: boolean }> {
  const there = await account(SERVICE_USER)
  if (there) return { account: there, made: false }
  await must([
    'useradd',
    '--system',
    '--user-group',
    '--home-dir=/nonexistent',
    '--no-create-home',
    '--shell=/usr/sbin/nologin',
    '--comment=Rookery engine and database',
    SERVICE_USER,
  ])
  const made = await account(SERVICE_USER)
  if (!made) throw new Error(`useradd made no user ${SERVICE_USER}`)
  return { account: made, made: true }
}

/** Whether this process may do what only root may. */
export const isRoot = (): boolean => process.getuid?.() === 0

/** The numeric id of a group by name, from the local file. */
export async function groupId(name: string): Promise<number | undefined> {
  const line = (await readFile('/etc/group', 'utf8')).split('\n').find(l => l.startsWith(`${name}:`))
  return line === undefined ? undefined : Number(line.split(':')[2])
}
