import { randomUUID } from 'node:crypto'
import { chmod, chown, readFile, rename, writeFile } from 'node:fs/promises'
import { Fault } from '../fault.ts'
import type { Paths } from './paths.ts'

/** How the agent decides between hardware virtualization and emulation. */
export type Accel = 'auto' | 'kvm' | 'tcg'

/**
 * What an instance is: written by `up`, read by every other command and by the supervisor. No secrets. A later `up` without an
 * option keeps what stands here.
 */
export interface Settings {
  readonly format: 1
  /** Names this engine for good; domains on hosts carry it. */
  readonly engineId: string
  /** `host`: this machine is a hypervisor host (needs root). `simulated`: engine and pretend hosts only. */
  readonly mode: 'host' | 'simulated'
  /**
   * Whether root runs it: then in a mount namespace of its own, engine and database as the service user. Else everything
   * is the caller's.
   */
  readonly root: boolean
  readonly listen: string
  readonly port: number
  readonly fqdn: string
  readonly organization: string
  readonly accel: Accel
  /** How many pretend hosts there are. */
  readonly simulate: number
  /** `url`: an outside PostgreSQL whose address, which may hold a password, is in secrets/. */
  readonly database: 'embedded' | 'url'
  readonly hostName: string
  readonly agentPort: number
  readonly imagesPort: number
  readonly simulatorPort: number
  /** The /24 of the first guest network. */
  readonly subnet: string
  readonly createdAt: string
}

/** The first six digits of the engine's id: enough to tell instances on one machine apart in names of bridges and units. */
export const shortId = (s: Pick<Settings, 'engineId'>): string => s.engineId.replaceAll('-', '').slice(0, 6)

/** Begins the name of every bridge of this instance. */
export const bridgePrefix = (s: Pick<Settings, 'engineId'>): string => `rk${shortId(s)}`

/** A new instance's name for good. */
export const newEngineId = (): string => randomUUID()

/** The settings, or undefined where no instance was ever set up. */
export async function readSettings(p: Paths): Promise<Settings | undefined> {
  const text = await readFile(p.settings, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
    throw error
  })
  if (text === undefined) return undefined
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw broken(p, cause)
  }
  if (!isSettings(value)) throw broken(p)
  return value
}

function isSettings(value: unknown): value is Settings {
  const s = value as Partial<Settings> | null
  return (
    s?.format === 1 && typeof s.engineId === 'string' && typeof s.port === 'number' && typeof s.agentPort === 'number'
  )
}

function broken(p: Paths, cause?: unknown): Fault {
  return new Fault(
    'failed',
    `${p.settings} does not describe an instance of this release.`,
    'It was changed by hand or made by a newer release. Restore it, or choose another --data-dir.',
    cause,
  )
}

/** Writes the settings so that a crash leaves the old or the new ones. */
export async function writeSettings(p: Paths, s: Settings): Promise<void> {
  await writeWhole(p.settings, `${JSON.stringify(s, null, 2)}\n`, 0o644)
}

/** Replaces a file in one step; it never exists half-written or with wider rights than `mode`. */
export async function writeWhole(
  file: string,
  text: string,
  mode: number,
  owner?: { uid: number; gid: number },
): Promise<void> {
  const fresh = `${file}.${process.pid}.new`
  await writeFile(fresh, text, { mode: 0o600, flush: true })
  if (owner) await chown(fresh, owner.uid, owner.gid)
  await chmod(fresh, mode)
  await rename(fresh, file)
}
