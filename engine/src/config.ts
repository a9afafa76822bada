import { readFile } from 'node:fs/promises'
import { invalid } from '@rookery/model'
import { z } from 'zod'

const path = z.string().min(1)
const tlsFiles = z.strictObject({ cert: path, key: path, ca: path })

/** The configuration file of one engine process, as `./rookery up` writes it. Paths are absolute. */
export const EngineConfig = z.strictObject({
  /** This installation; in the metadata of every domain it makes, so that two installations never touch each other's. */
  engineId: z.guid(),
  database: z.union([
    z.strictObject({
      host: z.string().min(1),
      port: z.int().optional(),
      database: z.string(),
      user: z.string(),
      password: z.string().optional(),
    }),
    z.strictObject({ url: z.string().min(1) }),
  ]),
  listen: z.strictObject({ host: z.string(), port: z.int().min(0).max(65535) }),
  /** The engine's own certificate (PEM files), and the CA that clients are given. */
  tls: tlsFiles,
  /** What the engine shows to agents, and the CA that it trusts for them. */
  agentTls: tlsFiles,
  /** The installation's certification authority, which signs hosts (PEM files); null: this engine signs none. */
  authority: z.strictObject({ cert: path, key: path }).nullable().default(null),
  /** The agent as one file, for hosts that are installed over SSH; null: none can be. */
  agentBundle: path.nullable().default(null),
  adminPasswordFile: path,
  dataDir: path,
  /** The name people use. */
  fqdn: z.string().min(1),
  /** Where other engines and hosts reach this one: `https://engine.example:8443`. */
  advertiseUrl: z.url(),
  /** This machine as a host; null without one. */
  localHost: z
    .strictObject({ name: z.string(), url: z.url(), address: z.string(), storagePath: path, isoPath: path })
    .nullable(),
  /** Pretend hosts; null without. */
  simulator: z.strictObject({ url: z.url(), hosts: z.int().nonnegative(), storagePath: path }).nullable(),
  log: z.strictObject({ level: z.enum(['debug', 'info', 'warn', 'error']) }),
  /** How long an engine that says nothing is believed to live, seconds. */
  leaseSeconds: z.number().positive().default(15),
  /** Most connections to the database, besides three that are always there. */
  connections: z.int().min(4).max(100).default(12),
  /** How long history is kept. Console tickets go a day after their time. */
  keep: z
    .strictObject({
      /** Ended jobs with their steps, days. */
      jobDays: z.int().min(1).max(36_500).default(30),
      /** Events, days; null: all of them. */
      eventDays: z.int().min(1).max(36_500).nullable().default(null),
    })
    .prefault({}),
})
export type EngineConfig = z.infer<typeof EngineConfig>

/** Reads and checks the configuration file; `invalid` names the file and every wrong place in it. */
export async function readConfig(file: string): Promise<EngineConfig> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (cause) {
    throw invalid('config.file', `The configuration ${file} cannot be read: ${(cause as Error).message}`, { cause })
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw invalid('config.json', `The configuration ${file} is no JSON: ${(cause as Error).message}`, { cause })
  }
  const parsed = EngineConfig.safeParse(value)
  if (parsed.success) return parsed.data
  throw invalid('config.content', `The configuration ${file} is wrong: ${z.prettifyError(parsed.error)}`)
}
