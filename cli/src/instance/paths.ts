import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isRoot } from '../system/account.ts'

/** Where root's instance lives unless told otherwise. */
export const ROOT_DATA_DIR = '/var/lib/rookery'

/** The checkout this command runs from. */
export const appRoot = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))))

/** The data directory asked for: the option, ROOKERY_DATA_DIR, or the default (in the home folder without root). */
export function dataDirOf(option: string | undefined, env: NodeJS.ProcessEnv = process.env, root = isRoot()): string {
  const asked = option ?? env.ROOKERY_DATA_DIR
  if (asked) return resolve(asked)
  if (root) return ROOT_DATA_DIR
  return join(env.XDG_DATA_HOME || join(env.HOME || homedir(), '.local/share'), 'rookery')
}

/** Every file and folder of an instance, below one data directory. */
export function paths(dataDir: string) {
  const at = (...names: string[]) => join(dataDir, ...names)
  return {
    dataDir,
    settings: at('instance.json'),
    /** Held while `up` or `down` works. */
    commandLock: at('run/command.lock'),
    /** Held by the supervisor for as long as it lives. */
    supervisorLock: at('run/supervisor.lock'),
    run: at('run'),
    socket: at('run/supervisor.sock'),
    log: at('log'),
    logOf: (name: string) => at('log', `${name}.log`),
    secrets: at('secrets'),
    adminPassword: at('secrets/admin-password'),
    databaseUrl: at('secrets/database-url'),
    /** The CA's certificate, for everyone to read and to give to clients. */
    caForUsers: at('ca.crt'),
    pki: at('pki'),
    engine: at('engine'),
    agent: at('agent'),
    simulator: at('simulator'),
    postgres: at('postgres'),
    postgresData: at('postgres/data'),
    postgresSocket: at('postgres/run'),
    storage: at('storage/data'),
    iso: at('storage/iso'),
    images: at('images'),
    host: at('host'),
  } as const
}

export type Paths = ReturnType<typeof paths>

/**
 * The same folders as the processes of the instance see them. With root they run in a mount namespace of their own where
 * checkout and data stand at these fixed places: readable whatever folder they are below, and the same after every
 * start, which domain definitions of running VMs rely on. Without root there is no such namespace.
 */
export const inside = { app: '/run/rookery/app', data: '/run/rookery/data' } as const

/** Checkout and data directory as the processes of this instance see them. */
export function seenBy(s: { readonly root: boolean }, dataDir: string): { app: string; data: string } {
  return s.root ? inside : { app: appRoot, data: dataDir }
}
