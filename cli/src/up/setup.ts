import { lookup } from 'node:dns/promises'
import { readFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import type { Account } from '@rookery/postgres'
import { Fault } from '../fault.ts'
import type { Paths } from '../instance/paths.ts'
import { freePort } from '../instance/ports.ts'
import { bridgePrefix, readSettings, type Settings, writeSettings } from '../instance/settings.ts'
import { chooseSubnet, takenNetworks } from '../instance/subnet.ts'
import { type Output, step } from '../output.ts'
import { exec } from '../system/exec.ts'
import { machineName, settle, type Wishes } from './options.ts'
import { checkAddress, checkDatabaseFiles, checkOutsideDatabase, describe } from './preflight.ts'
import { adminPassword, certificates, writeConfigs } from './prepare.ts'

/** Who sets up what. */
export interface Setup {
  readonly root: boolean
  /** Whether this machine is to be a host; only root's can be. */
  readonly host: boolean
  /** The user of engine and database; absent without root. */
  readonly account: Account | undefined
  /** The admin's password, where one was given. */
  readonly password: string | undefined
}

/** Everything on disk that the parts of an instance need: settings, certificates, password, configurations. */
export async function setup(p: Paths, w: Wishes, who: Setup, out: Output): Promise<Settings> {
  const old = await readSettings(p)
  if (old && (old.root !== who.root || (old.mode === 'host') !== who.host)) throw otherKind(p, old)
  const name = machineName(await ownFqdn())
  const settings = await settle(old, w, {
    root: who.root,
    host: who.host,
    ...name,
    freePort: (wanted, not) => freePort('127.0.0.1', wanted, not),
    subnet: async engineId => chooseSubnet(engineId, await takenNetworks(bridgePrefix({ engineId }))),
  })
  await checkAddress(settings)
  const databaseUrl = await database(p, w, settings, out)
  await writeSettings(p, settings)
  await step(
    out,
    'certificates',
    () => certificates(p, settings, name.hostname, who.account),
    c => (c.ca.made ? `new authority, ${c.signed} signed` : c.signed ? `${c.signed} renewed` : 'valid'),
  )
  const whence = await adminPassword(p, who.password, who.account)
  if (whence === 'made') out.info(`✓ password of the admin made, in ${p.adminPassword}`)
  await writeConfigs(p, settings, databaseUrl, who.account)
  return settings
}

function otherKind(p: Paths, old: Settings): Fault {
  const message = `The instance in ${p.dataDir} was set up ${old.root ? 'by root' : 'without root'}, with ${old.mode === 'host' ? 'this machine as a host' : 'simulated hosts only'}.`
  return old.root
    ? new Fault('needsRoot', message, 'Start it the same way, as root, or choose another --data-dir.')
    : new Fault('busy', message, 'Start it as the user who made it, or choose another --data-dir.')
}

/** Checks the database that will be used; answers the outside one's address. */
async function database(p: Paths, w: Wishes, s: Settings, out: Output): Promise<string | undefined> {
  if (s.database === 'embedded') {
    await checkDatabaseFiles(p)
    return undefined
  }
  const url = w.database || (await readFile(p.databaseUrl, 'utf8')).trim()
  await step(
    out,
    'outside database',
    st => (st.note(describe(url)), checkOutsideDatabase(url)),
    found => found,
  )
  return url
}

/** The name that the machine's own address resolves back to, if anybody knows one. */
export async function ownFqdn(): Promise<string | undefined> {
  const said = await exec(['hostname', '--fqdn'], { timeout: 5_000 }).catch(() => undefined)
  if (said?.code === 0 && said.stdout.trim()) return said.stdout.trim()
  return lookup(hostname()).then(
    () => hostname(),
    () => undefined, // a machine without a name of its own
  )
}
