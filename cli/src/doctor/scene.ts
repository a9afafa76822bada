import { isIP } from 'node:net'
import { collect, type Status } from '../commands/status.ts'
import type { Paths } from '../instance/paths.ts'
import { readSettings, type Settings } from '../instance/settings.ts'
import { isRoot } from '../system/account.ts'

/** What every check may want to know. */
export interface Scene {
  readonly paths: Paths
  /** Absent before the first `up`, and when the file cannot be read. */
  readonly settings: Settings | undefined
  /** Why the settings cannot be read. */
  readonly broken: string | undefined
  readonly status: Status
  /** Whether there is an instance that may not be asked by us: then nothing is known of what runs. */
  readonly unseen: boolean
  readonly root: boolean
  /** ` --data-dir …` where commands that we print need it. */
  readonly option: string
}

/** Port and address that are used when nobody says otherwise. */
export const usual = { listen: '127.0.0.1', port: 8443 } as const

/** Reads the settings and asks the instance; neither has to be there. */
export async function scene(paths: Paths, option: string): Promise<Scene> {
  let settings: Settings | undefined
  let broken: string | undefined
  try {
    settings = await readSettings(paths)
  } catch (error) {
    broken = error instanceof Error ? error.message : String(error)
  }
  const nothing: Status = {
    running: false,
    healthy: false,
    version: '',
    dataDir: paths.dataDir,
    problems: [],
    notes: [],
  }
  const status =
    broken === undefined
      ? await collect(paths).catch((error: NodeJS.ErrnoException) => {
          if (error.code === 'EACCES') return undefined // root's socket
          throw error
        })
      : nothing
  return { paths, settings, broken, status: status ?? nothing, unseen: status === undefined, root: isRoot(), option }
}

/** Whether an address is only reached from this machine itself. */
export const isLoopback = (address: string): boolean =>
  address === '::1' || address === '::ffff:127.0.0.1' || (isIP(address) === 4 && address.startsWith('127.'))

/** Whether an address stands for all of the machine's. */
export const isWildcard = (address: string): boolean => address === '0.0.0.0' || address === '::'
