import { chmod, copyFile, cp, mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Paths } from '@rookery/cli/instance/paths'
import { type Settings, writeWhole } from '@rookery/cli/instance/settings'
import { HOST_PKI } from '@rookery/cli/supervisor/libvirt'
import { hostPaths, type LabPaths } from './settings.ts'
import { hostCards } from './wires.ts'

/** Where the agent of a lab host listens: the port that oVirt's hosts have. */
export const AGENT_PORT = 54321

/** The folders that a lab host needs before it is switched on. */
export async function prepareHost(instance: Paths, lab: LabPaths, number: number): Promise<void> {
  const p = hostPaths(lab, number)
  await mkdir(p.dataDir, { recursive: true, mode: 0o711 })
  for (const [folder, mode] of [
    [p.run, 0o700],
    [p.log, 0o700],
    [p.agent, 0o700],
    [p.host, 0o711],
  ] as const) {
    await mkdir(folder, { recursive: true, mode })
    await chmod(folder, mode)
  }
  // What takes seconds to find out is known on this machine already: whether KVM works, and what QEMU can do.
  const known = 'acceleration.json'
  await copyFile(join(instance.agent, known), join(p.agent, known)).catch(() => undefined) // not found out yet
  const cache = join(p.host, 'cache-libvirt')
  if ((await stat(cache).catch(() => undefined)) !== undefined) return
  const from = join(instance.host, 'cache-libvirt')
  await cp(from, cache, { recursive: true, preserveTimestamps: true }).catch(() => undefined) // nor that
}

/** Where the password of a bare machine's root stands. */
export const rootPassword = (p: Paths): string => join(p.dataDir, 'root-password')

/** What stands in for the watchdog of a host: programs of it find it at /run/rookery/data/watchdog. */
export const watchdogFile = (p: Paths): string => join(p.dataDir, 'watchdog')

/** What the first program of a host that has not joined yet is told: the words of `join`. */
export interface JoinOrder {
  readonly token: string
  readonly engine: string
  readonly engineName: string
  readonly accel: Settings['accel']
  readonly subnet: string
}

/** Where the order lies until it was carried out. */
export const joinFile = (p: Paths): string => join(p.agent, 'join.json')

/** Whether the agent of a host has been made one of an engine. */
export const hasJoined = (p: Paths): Promise<boolean> =>
  stat(join(p.agent, 'config.json')).then(
    () => true,
    () => false, // not yet
  )

/** Tells a host to join when it is switched on. */
export const orderJoin = (p: Paths, order: JoinOrder): Promise<void> =>
  writeWhole(joinFile(p), JSON.stringify(order), 0o600)

/** The words by which a host joins; the token goes by standard input, where nobody sees it. */
export const joinWords = (order: JoinOrder, address: string): string[] => [
  'join',
  '-',
  ...['--config', '/run/rookery/data/agent/config.json'],
  ...['--data-dir', '/run/rookery/data/agent'],
  ...['--run-dir', '/run/rookery/agent'],
  ...['--pki', HOST_PKI],
  ...['--engine', order.engine, '--engine-name', order.engineName],
  ...['--address', address, '--listen', address],
  ...['--fence-agents', '/run/rookery/app/lab/fence'],
  ...['--accel', order.accel, '--subnet', order.subnet, '--uplink', hostCards.guests],
]
