import { randomInt } from 'node:crypto'
import { chmod, chown, copyFile, mkdir, readFile, rm } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import type { Account } from '@rookery/postgres'
import type { Paths } from '../instance/paths.ts'
import { type Settings, shortId, writeWhole } from '../instance/settings.ts'
import { type Names, serverNames } from '@rookery/pki/names'
import { type Authority, authority, identity } from '../pki/store.ts'
import { configs, ENGINE_CLIENT } from './configs.ts'

/** Makes the folders of an instance. With root the top one may be passed by all and listed by none. */
export async function folders(p: Paths, account: Account | undefined): Promise<void> {
  const root = account !== undefined
  await mkdir(p.dataDir, { recursive: true })
  await chmod(p.dataDir, root ? 0o711 : 0o700)
  for (const [folder, mode, owner] of [
    [p.run, 0o700, undefined],
    [p.log, 0o700, undefined],
    [p.pki, 0o700, undefined],
    [p.agent, 0o700, undefined],
    [p.images, 0o755, undefined],
    [join(p.storage, '..'), 0o711, undefined],
    [p.storage, 0o755, undefined],
    [p.iso, 0o755, undefined],
    [p.secrets, 0o711, undefined],
    [p.engine, 0o700, account],
    [p.simulator, 0o700, account],
    [p.postgres, 0o700, account],
  ] as const) {
    await mkdir(folder, { recursive: true, mode })
    await chmod(folder, mode)
    if (owner) await chown(folder, owner.uid, owner.gid)
  }
}

/** No letters or digits that are taken for one another. */
const alphabet = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789'

/** 20 characters of 56: 116 bits. */
export const newPassword = (): string => Array.from({ length: 20 }, () => alphabet[randomInt(alphabet.length)]).join('')

/** Puts the admin's password into its file: the one given, else the one there, else a new one. Says which. */
export async function adminPassword(
  p: Paths,
  given: string | undefined,
  account: Account | undefined,
): Promise<'given' | 'kept' | 'made'> {
  const there = await readFile(p.adminPassword, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (!given && there) {
    if (account) await chown(p.adminPassword, account.uid, account.gid)
    return 'kept'
  }
  await writeWhole(p.adminPassword, `${given || newPassword()}\n`, 0o600, account)
  return given ? 'given' : 'made'
}

/** The names and addresses under which people reach an instance on this machine now. */
export function peoplesNames(s: Settings, hostname: string): Names {
  const addresses = Object.values(networkInterfaces()).flatMap(list => (list ?? []).map(a => a.address))
  return serverNames({ fqdn: s.fqdn, hostname, listen: s.listen, addresses })
}

/** Makes or renews every certificate of the instance. Says how many were signed now. */
export async function certificates(
  p: Paths,
  s: Settings,
  hostname: string,
  account: Account | undefined,
): Promise<{ ca: Authority; signed: number }> {
  const ca = await authority(p.pki, { organization: s.organization, instance: shortId(s) })
  await copyFile(join(p.pki, 'ca.crt'), p.caForUsers)
  await chmod(p.caForUsers, 0o644)
  const people = peoplesNames(s, hostname)
  const here = serverNames({ fqdn: 'localhost', hostname: 'localhost', listen: '127.0.0.1', addresses: [] })
  const tls = (folder: string) => join(folder, 'tls')
  const owned = account ? { owner: account } : {}
  const results = [
    await identity(
      ca,
      { folder: tls(p.engine), name: 'server', ...owned },
      // Hosts admit this key over SSH.
      { commonName: s.fqdn, purpose: { server: people }, keepKey: true },
    ),
    await identity(
      ca,
      { folder: tls(p.engine), name: 'agents', ...owned },
      { commonName: ENGINE_CLIENT, purpose: { client: true } },
    ),
    // The agent's serves image clients too, under the names people use.
    await identity(
      ca,
      { folder: tls(p.agent), name: 'server' },
      { commonName: s.hostName, purpose: { server: people } },
    ),
    await identity(
      ca,
      { folder: tls(p.simulator), name: 'server', ...owned },
      { commonName: 'simulator', purpose: { server: here } },
    ),
  ]
  // The engine signs hosts by itself. Its user may read this copy and nothing else of the folder of the authority.
  await writeWhole(join(tls(p.engine), 'authority.key'), ca.key, 0o600, account)
  return { ca, signed: results.filter(r => r.renewed).length }
}

/** Writes the configuration files of engine, agent and simulator, each readable by its user only. */
export async function writeConfigs(
  p: Paths,
  s: Settings,
  databaseUrl: string | undefined,
  account: Account | undefined,
): Promise<void> {
  if (databaseUrl === undefined) await rm(p.databaseUrl, { force: true })
  else await writeWhole(p.databaseUrl, `${databaseUrl}\n`, 0o600)
  const all = configs(s, p.dataDir, databaseUrl)
  await writeWhole(join(p.engine, 'config.json'), json(all.engine), 0o600, account)
  await writeWhole(join(p.simulator, 'config.json'), json(all.simulator), 0o600, account)
  if (s.mode === 'host') await writeWhole(join(p.agent, 'config.json'), json(all.agent), 0o600)
}

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`
