import { hostname } from 'node:os'
import { isIP } from 'node:net'
import { Fault } from '../fault.ts'
import { type Accel, newEngineId, type Settings } from '../instance/settings.ts'
import { isDnsName } from '@rookery/pki/names'

/** What people may say to `up`. Everything left out keeps its last value. */
export interface UpOptions {
  readonly yes?: boolean
  readonly detach?: boolean
  readonly json?: boolean
  readonly dataDir?: string
  readonly port?: string
  readonly listen?: string
  readonly database?: string
  readonly accel?: string
  readonly simulate?: string
  readonly fqdn?: string
  readonly organization?: string
}

/** The options once they are checked. */
export interface Wishes {
  readonly port?: number
  readonly listen?: string
  /** `''` goes back to the embedded database. */
  readonly database?: string
  readonly accel?: Accel
  readonly simulate?: number
  readonly fqdn?: string
  readonly organization?: string
}

/** How many hosts are pretended where no real one can be and nobody said. */
const SIMULATED_HOSTS = 3
/** The most that one simulator process is asked to be. */
const MOST_SIMULATED = 10_000

const usage = (message: string, todo: string) => new Fault('usage', message, todo)

/** Checks what was said; throws a usage fault that names the option. */
export function wishes(o: UpOptions, env: NodeJS.ProcessEnv = process.env): Wishes {
  const database = o.database ?? env.ROOKERY_DATABASE_URL
  return {
    ...(o.port === undefined ? {} : { port: count('--port', o.port, 1, 65_535) }),
    ...(o.listen === undefined ? {} : { listen: address(o.listen) }),
    ...(database === undefined ? {} : { database: databaseUrl(database) }),
    ...(o.accel === undefined ? {} : { accel: accel(o.accel) }),
    ...(o.simulate === undefined ? {} : { simulate: count('--simulate', o.simulate, 0, MOST_SIMULATED) }),
    ...(o.fqdn === undefined ? {} : { fqdn: name(o.fqdn) }),
    ...(o.organization === undefined ? {} : { organization: organization(o.organization) }),
  }
}

function count(option: string, text: string, least: number, most: number): number {
  const n = Number(text)
  if (!/^\d+$/.test(text) || n < least || n > most)
    throw usage(
      `${option} ${text}: this must be a whole number from ${least} to ${most}.`,
      `For example: ${option} ${option === '--port' ? 8443 : 3}`,
    )
  return n
}

function address(text: string): string {
  const bare = text.replace(/^\[(.*)\]$/, '$1')
  if (bare === 'localhost') return '127.0.0.1'
  if (isIP(bare) === 0)
    throw usage(
      `--listen ${text}: this must be an IP address of this machine.`,
      'Use 127.0.0.1 for this machine only, or 0.0.0.0 for everyone who can reach it.',
    )
  return bare
}

function accel(text: string): Accel {
  if (text === 'auto' || text === 'kvm' || text === 'tcg') return text
  throw usage(`--accel ${text}: this must be auto, kvm or tcg.`, 'auto finds out by running a few instructions.')
}

function name(text: string): string {
  if (isDnsName(text) || isIP(text)) return text.toLowerCase()
  throw usage(`--fqdn ${text}: this is neither a host name nor an address.`, 'For example: --fqdn rookery.example.com')
}

function organization(text: string): string {
  if (/^[\p{L}\p{N}][\p{L}\p{N} .,&'()-]{0,62}$/u.test(text)) return text
  throw usage(
    `--organization ${text}: up to 63 letters, digits, spaces and . , & ' ( ) - are possible.`,
    'For example: --organization "Example Ltd."',
  )
}

function databaseUrl(text: string): string {
  if (text === '' || text === 'embedded') return ''
  if (/^postgres(ql)?:\/\/\S+$/.test(text)) return text
  // The text may hold a password, so it is not repeated.
  throw usage(
    '--database must be an address like postgresql://user@host:5432/name.',
    'Give it in ROOKERY_DATABASE_URL when it holds a password: command lines can be read by others.',
  )
}

/** What `up` needs from the machine to fill in what nobody said. */
export interface Machine {
  readonly root: boolean
  /** Whether this machine is to be a host. */
  readonly host: boolean
  readonly fqdn: string
  readonly hostname: string
  freePort(wanted: number, not: readonly number[]): Promise<number>
  subnet(engineId: string): Promise<string>
}

/** The settings of this start: what was said, else what was so before, else the default. Ports and subnet are found once and kept. */
export async function settle(old: Settings | undefined, w: Wishes, m: Machine): Promise<Settings> {
  const engineId = old?.engineId ?? newEngineId()
  const port = w.port ?? old?.port ?? 8443
  const agentPort = await m.freePort(old?.agentPort ?? 54321, [port])
  const imagesPort = await m.freePort(old?.imagesPort ?? 54322, [port, agentPort])
  const simulatorPort = await m.freePort(old?.simulatorPort ?? 54400, [port, agentPort, imagesPort])
  return {
    format: 1,
    engineId,
    mode: m.host ? 'host' : 'simulated',
    root: m.root,
    listen: w.listen ?? old?.listen ?? '127.0.0.1',
    port,
    fqdn: w.fqdn ?? old?.fqdn ?? m.fqdn,
    organization: w.organization ?? old?.organization ?? domainOf(m.fqdn),
    accel: w.accel ?? old?.accel ?? 'auto',
    simulate: w.simulate ?? old?.simulate ?? (m.host ? 0 : SIMULATED_HOSTS),
    database: w.database === undefined ? (old?.database ?? 'embedded') : w.database === '' ? 'embedded' : 'url',
    hostName: old?.hostName ?? m.hostname,
    agentPort,
    imagesPort,
    simulatorPort,
    subnet: old?.subnet ?? (await m.subnet(engineId)),
    createdAt: old?.createdAt ?? new Date().toISOString(),
  }
}

/** Which of the wishes a running instance does not have, by option name: they need a restart. */
export function differing(s: Settings, w: Wishes): string[] {
  return [
    ...(w.port !== undefined && w.port !== s.port ? ['--port'] : []),
    ...(w.listen !== undefined && w.listen !== s.listen ? ['--listen'] : []),
    ...(w.accel !== undefined && w.accel !== s.accel ? ['--accel'] : []),
    ...(w.simulate !== undefined && w.simulate !== s.simulate ? ['--simulate'] : []),
    ...(w.fqdn !== undefined && w.fqdn !== s.fqdn ? ['--fqdn'] : []),
    ...(w.database !== undefined && (w.database === '' ? 'embedded' : 'url') !== s.database ? ['--database'] : []),
  ]
}

/** `node1.example.com` → `example.com`; a bare name is its own organization. */
export const domainOf = (fqdn: string): string =>
  fqdn.includes('.') && !isIP(fqdn) ? fqdn.slice(fqdn.indexOf('.') + 1) : 'Rookery'

/** This machine's name, bare and with its domain if it has one that is not the loopback's. */
export function machineName(found: string | undefined, own: string = hostname()): { hostname: string; fqdn: string } {
  const bare = own.split('.')[0] || 'localhost'
  const fqdn =
    found && isDnsName(found) && found.includes('.') && !found.startsWith('localhost') ? found : own || 'localhost'
  return { hostname: isDnsName(bare) ? bare : 'localhost', fqdn: isDnsName(fqdn) ? fqdn.toLowerCase() : 'localhost' }
}
