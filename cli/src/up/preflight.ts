import { stat, statfs } from 'node:fs/promises'
import { freemem } from 'node:os'
import { dirname } from 'node:path'
import { humanBytes } from '@rookery/model'
import { checkDataVersion, embeddedBinaries } from '@rookery/postgres'
import pg from 'pg'
import { Fault } from '../fault.ts'
import type { Paths } from '../instance/paths.ts'
import { whyNotListen } from '../instance/ports.ts'
import type { Settings } from '../instance/settings.ts'
import type { Output } from '../output.ts'
import { whoListens } from '../system/proc.ts'

const MiB = 1024 * 1024
/** Below this much free space `up` refuses; below the second it warns. */
export const DISK_LEAST = 1024 * MiB
export const DISK_GOOD = 5 * 1024 * MiB
/** With room for fewer files than this `up` refuses. */
export const FILES_LEAST = 10_000
/** What engine, database, agent, libvirtd and supervisor take when idle: 387 MB measured. */
export const MEMORY_IDLE = 400 * MiB
/** The same, and a small guest. */
export const MEMORY_GOOD = 1024 * MiB

/** The architectures that binaries exist for. */
export function checkMachine(platform: string = process.platform, arch: string = process.arch): void {
  if (platform !== 'linux' || (arch !== 'x64' && arch !== 'arm64'))
    throw new Fault(
      'failed',
      `Rookery runs on Linux, x64 or arm64; this is ${platform} ${arch}.`,
      'Use another machine.',
    )
}

/** Refuses when the file system of the data directory is nearly full; the folder need not exist yet. */
export async function checkDisk(dataDir: string, out: Output): Promise<void> {
  let at = dataDir
  while (!(await stat(at).catch(() => undefined)) && at !== dirname(at)) at = dirname(at)
  const { bavail, bsize, ffree, files } = await statfs(at)
  const free = bavail * bsize
  if (free < DISK_LEAST)
    throw new Fault(
      'disk',
      `Only ${humanBytes(free)} are free at ${at}; at least ${humanBytes(DISK_LEAST)} are needed.`,
      'Free some space, or choose a --data-dir on another file system.',
    )
  if (files > 0 && ffree < FILES_LEAST)
    throw new Fault(
      'disk',
      `The file system of ${at} can hold only ${ffree} more files.`,
      'Remove some, or choose a --data-dir on another file system.',
    )
  if (free < DISK_GOOD) out.warn(`Only ${humanBytes(free)} are free at ${at}: enough to try, not for many disks.`)
}

/** Warns when there is less memory free than the parts take when idle. */
export function checkMemory(out: Output, free: number = freemem()): void {
  if (free < MEMORY_GOOD)
    out.warn(
      `Only ${humanBytes(free)} of memory are free; ${humanBytes(MEMORY_GOOD)} are wanted for the engine and a small VM.`,
    )
}

/** Refuses when people's address cannot be listened at, and says who has it. */
export async function checkAddress(s: Settings): Promise<void> {
  const why = await whyNotListen(s.listen, s.port)
  if (why === undefined) return
  const at = `${s.listen}:${s.port}`
  if (why === 'EADDRINUSE') {
    const who = await whoListens(s.port)
    throw new Fault(
      'address',
      `Port ${s.port} is taken${who ? ` by ${who}` : ''}.`,
      `Stop that program, or choose another port: --port ${s.port === 8443 ? 9443 : 8443}`,
    )
  }
  if (why === 'EADDRNOTAVAIL')
    throw new Fault(
      'address',
      `${s.listen} is not an address of this machine.`,
      'See its addresses with "ip address"; 0.0.0.0 stands for all of them.',
    )
  if (why === 'EACCES')
    throw new Fault(
      'needsRoot',
      `Only root may listen at ${at}.`,
      'Choose a port of 1024 or more, or run this as root.',
    )
  throw new Fault('address', `${at} cannot be listened at: ${why}.`, 'Choose another --listen or --port.')
}

/** Refuses when the embedded database was made by another major version. */
export async function checkDatabaseFiles(p: Paths): Promise<void> {
  await checkDataVersion(p.postgresData, (await embeddedBinaries()).major)
}

const hints: Record<string, string> = {
  ECONNREFUSED: 'Is it running, and does it listen on TCP at that address?',
  ENOTFOUND: 'The host name is not known here.',
  ETIMEDOUT: 'No answer: is a firewall in between?',
  '28P01': 'User or password is wrong.',
  '28000': 'That server does not let this user in from here (pg_hba.conf).',
  '3D000': 'Create the database first: createdb NAME',
}

/** Tries an outside database: it must answer, be 15 or newer, speak UTF-8 and let us make tables. */
export async function checkOutsideDatabase(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  client.on('error', () => undefined) // the query that meets it reports it
  const where = describe(url)
  try {
    await client.connect()
    const { rows } = await client.query<{ version: string; number: number; encoding: string; may: boolean }>(
      `select current_setting('server_version') as version, current_setting('server_version_num')::int as number,
              current_setting('server_encoding') as encoding,
              has_schema_privilege(current_schema(), 'create') as may`,
    )
    const found = rows[0]
    if (!found || found.number < 150_000)
      throw new Fault(
        'database',
        `The database at ${where} is PostgreSQL ${found?.version}; 15 or newer is needed.`,
        'Upgrade it, or leave --database out to use the embedded one.',
      )
    if (found.encoding !== 'UTF8')
      throw new Fault(
        'database',
        `The database at ${where} has encoding ${found.encoding}; UTF8 is needed.`,
        'Create one with: createdb --encoding=UTF8 --template=template0 NAME',
      )
    if (!found.may)
      throw new Fault(
        'database',
        `The user of --database may not make tables at ${where}.`,
        'Make it the owner of the database: alter database NAME owner to USER',
      )
    return `PostgreSQL ${found.version} at ${where}`
  } catch (error) {
    if (error instanceof Fault) throw error
    const code = (error as { code?: string }).code ?? ''
    throw new Fault(
      'database',
      `The database at ${where} cannot be used: ${error instanceof Error ? error.message : code}`,
      hints[code] ?? 'Check the address given with --database.',
      error,
    )
  } finally {
    await client.end().catch(() => undefined) // never connected
  }
}

/** Host, port and name of a database URL: never its user or password. */
export function describe(url: string): string {
  const [authority = '', rest = ''] = split(url.replace(/^\w+:\/\//, ''))
  const socket = /[?&]host=([^&]+)/.exec(rest)?.[1]
  const host = authority.slice(authority.lastIndexOf('@') + 1) || (socket ? decodeURIComponent(socket) : 'localhost')
  return `${host}${rest.replace(/\?.*$/s, '')}`
}

function split(text: string): [string, string] {
  const end = text.search(/[/?]/)
  return end < 0 ? [text, ''] : [text.slice(0, end), text.slice(end)]
}
