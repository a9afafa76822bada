import { readFileSync } from 'node:fs'
import { invalid } from '@rookery/model'
import { uuid } from '@rookery/protocol'
import { z } from 'zod'

const absolute = z.string().regex(/^\/[^\0\n]*$/, 'must be an absolute path')
const listen = z.strictObject({ host: z.string().min(1), port: z.int().min(0).max(65_535) })

/** The agent's configuration file (JSON). Everything that differs between two agents on one machine is in here. */
export const AgentConfig = z.strictObject({
  /** Where engines dial. */
  listen,
  /** Where imageio clients dial: the same certificate, no client certificate, only `/images/*` and `/info/`. */
  imagesListen: listen,
  /** Host name or address that URLs given to clients carry. */
  advertise: z.string().min(1).max(255),
  tls: z.strictObject({
    cert: absolute,
    key: absolute,
    ca: absolute,
    /** The common name that a client certificate must carry, so that another host's certificate opens nothing. */
    clientName: z.string().min(1).default('rookery-engine'),
  }),
  /** Durable: journal, seeds, serial logs. Survives reboots. */
  dataDir: absolute,
  /** Sockets. A reboot may take it. At most 60 characters, for the sake of the kernel's limit of 107 on socket paths. */
  runDir: absolute.max(60),
  /** Only domains whose metadata names this engine are touched or reported. */
  engineId: uuid,
  /** libvirt's own socket, as `/run/libvirt/libvirt-sock`. */
  libvirtSocket: absolute,
  /** `auto` runs a few guest instructions under KVM and falls back to emulation when they do not come back. */
  accel: z.enum(['auto', 'kvm', 'tcg']),
  network: z.strictObject({
    /** Start of every bridge name: two agents on one machine must differ. */
    bridgePrefix: z.string().regex(/^[a-z][a-z0-9]{1,8}$/, 'must be 2 to 9 of a-z and 0-9, starting with a letter'),
    /** The /24 of the first NAT network; further ones take the next free /24 above it. */
    subnet: z.string().regex(/^(\d{1,3}\.){3}0\/24$/, 'must be a /24, like 10.77.0.0/24'),
    /** The host's card that bridged networks lead out by; it carries no address of the host. Null: there is none. */
    uplink: z
      .string()
      .regex(/^[^\s/]{1,15}$/, 'must be the name of a network card')
      .nullable()
      .default(null),
  }),
  /** How guests come here from other hosts and leave for them; null: they do not. libvirt must listen there with TLS. */
  migration: z
    .strictObject({
      /** What other hosts call this one; its certificate must be valid for it, as a server's and as a client's. */
      address: z.string().min(1).max(255),
      port: z.int().min(1).max(65_535).default(16_514),
      /** Folder that the agent fills with this host's certificates, below it `libvirt` and `qemu`, where their configurations look. */
      pki: absolute,
    })
    .nullable()
    .default(null),
  /**
   * Watchdog that resets this host when nothing feeds it any more: a device (`/dev/watchdog`), or a file that somebody outside looks at.
   * Null: there is none, and no storage lease is held in a way that time frees. Read by the program `keepers`, which must be started anew.
   */
  watchdog: absolute.nullable().default(null),
  /** Folders in which fence agents (`fence_*`) are looked for, in this order. */
  fenceAgents: z.array(absolute).default(['/usr/sbin']),
  log: z
    .strictObject({ level: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']) })
    .default({ level: 'info' }),
  /** Milliseconds; the defaults are what the contract says. Tests turn them. */
  timing: z
    .strictObject({
      heartbeatMs: z.int().min(10).max(5000).default(2000),
      statsMs: z.int().min(50).default(15_000),
      guestPollMs: z.int().min(50).default(10_000),
      guestPingMs: z.int().min(50).default(1000),
    })
    .prefault({}),
  emulator: absolute.default('/usr/bin/qemu-system-x86_64'),
})
export type AgentConfig = z.infer<typeof AgentConfig>

/** Reads and checks a configuration file; `invalid` names the file and every field that is wrong. */
export function readConfig(file: string): AgentConfig {
  let data: unknown
  try {
    data = JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw invalid('agent.config', `The agent's configuration ${file} cannot be read as JSON.`, { cause })
  }
  const parsed = AgentConfig.safeParse(data)
  if (!parsed.success)
    throw invalid('agent.config', `The agent's configuration ${file} is wrong:\n${z.prettifyError(parsed.error)}`)
  return parsed.data
}
