import { createHash, randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Fault } from '@rookery/cli/fault'
import { type Paths, paths } from '@rookery/cli/instance/paths'
import { type Settings, shortId, writeWhole } from '@rookery/cli/instance/settings'
import { chooseSubnet, type Network, parseNetwork } from '@rookery/cli/instance/subnet'

/** Where all hosts of a lab see the one directory that they share. */
export const SHARED = '/run/rookery/shared'

/** The most hosts of a lab: their addresses are .11 to .99 of its network. */
export const MOST_HOSTS = 64

/** One host of a lab. */
export interface LabHostSettings {
  readonly number: number
  /** libvirt's name of the machine; VMs move only between two that differ. */
  readonly uuid: string
  /** A machine with libvirt and SSH and no agent, for people to add to an engine. */
  readonly bare?: boolean
}

/** What a lab is: written by `lab up`, kept over `lab down`. */
export interface LabSettings {
  readonly format: 1
  /** Begins the names of its network cards in the machine's own network. */
  readonly prefix: string
  /** The /24 by which engine and hosts talk: .1 is this machine, .11 the first host. */
  readonly subnet: string
  /** The /24 that guests get their addresses from: .1 is this machine. */
  readonly guestSubnet: string
  readonly hosts: readonly LabHostSettings[]
}

/** Every file and folder of a lab, below the data directory of its instance. */
export function labPaths(dataDir: string) {
  const at = (...names: string[]) => join(dataDir, 'lab', ...names)
  return {
    folder: at(),
    settings: at('lab.json'),
    /** Held while a lab command changes something. */
    commandLock: at('command.lock'),
    /** Held by the lab's process for as long as it lives. */
    lock: at('power.lock'),
    socket: at('power.sock'),
    log: at('lab.log'),
    leases: at('leases'),
    /** The password of the power switch. */
    switchPassword: at('switch-password'),
    /** The directory that all hosts see. */
    shared: at('shared'),
    host: (number: number) => at('hosts', hostName(number)),
  } as const
}

export type LabPaths = ReturnType<typeof labPaths>

/** What the host of this number is called: `h1`. */
export const hostName = (number: number): string => `h${number}`

/** The number in a host's name (`h1` or `1`); a usage fault for anything else. */
export function hostNumber(text: string): number {
  const number = Number(/^h?([1-9]\d?)$/.exec(text)?.[1])
  if (number >= 1 && number <= MOST_HOSTS) return number
  throw new Fault('usage', `"${text}" is no host of a lab.`, 'Hosts are called h1, h2, ...; see "rookery lab list".')
}

const base = (subnet: string): string => subnet.slice(0, subnet.lastIndexOf('.'))

/** The address of this machine in a network of the lab. */
export const ownAddress = (subnet: string): string => `${base(subnet)}.1`

/** The address of the wire's own end, where its DHCP server answers. */
export const wireAddress = (subnet: string): string => `${base(subnet)}.2`

/** The address of the power switch, by which hosts are fenced: on the wire itself, so that no host has to be up for it. */
export const switchAddress = (s: Pick<LabSettings, 'subnet'>): string => `${base(s.subnet)}.3`

/** The port of the power switch. */
export const SWITCH_PORT = 6230

/** The address of a host. */
export const hostAddress = (s: Pick<LabSettings, 'subnet'>, number: number): string =>
  `${base(s.subnet)}.${10 + number}`

/** First and last address that guests get. */
export const guestRange = (s: Pick<LabSettings, 'guestSubnet'>): [string, string] => [
  `${base(s.guestSubnet)}.100`,
  `${base(s.guestSubnet)}.250`,
]

/** The folders of one host: it is laid out as an instance is, of which only the host's part is there. */
export const hostPaths = (lab: LabPaths, number: number): Paths => paths(lab.host(number))

/** The settings, or undefined where no lab was ever made. */
export async function readLab(lab: LabPaths): Promise<LabSettings | undefined> {
  const text = await readFile(lab.settings, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
    throw error
  })
  if (text === undefined) return undefined
  const value = JSON.parse(text) as Partial<LabSettings>
  if (value.format === 1 && Array.isArray(value.hosts)) return value as LabSettings
  throw new Fault(
    'failed',
    `${lab.settings} does not describe a lab of this release.`,
    'Restore it, or remove the lab with "rookery lab down --remove".',
  )
}

/** Writes the settings so that a crash leaves the old or the new ones. */
export const writeLab = (lab: LabPaths, s: LabSettings): Promise<void> =>
  writeWhole(lab.settings, `${JSON.stringify(s, null, 2)}\n`, 0o644)

/** The lab with at least so many hosts and bare machines; networks are chosen once, among those that this machine does not know yet. */
export function withHosts(
  old: LabSettings | undefined,
  count: number,
  bare: number,
  of: { engineId: string; subnet: string; taken: readonly Network[] },
): LabSettings {
  const made = old ?? freshLab(of)
  const hosts = [...made.hosts]
  const add = (wanted: number, kind: { bare?: boolean }) => {
    const there = hosts.filter(host => (host.bare ?? false) === (kind.bare ?? false)).length
    for (let n = there; n < wanted; n++) hosts.push({ number: hosts.length + 1, uuid: randomUUID(), ...kind })
  }
  add(count, {})
  add(bare, { bare: true })
  return { ...made, hosts }
}

function freshLab(of: { engineId: string; subnet: string; taken: readonly Network[] }): LabSettings {
  const taken = [...of.taken, parseNetwork(of.subnet)].filter(n => n !== undefined)
  const seed = createHash('sha256').update(`lab ${of.engineId}`).digest('hex')
  const subnet = chooseSubnet(seed, taken)
  const guestSubnet = chooseSubnet(
    seed,
    [...taken, parseNetwork(subnet)].filter(n => n !== undefined),
  )
  return { format: 1, prefix: `lb${shortId(of)}`, subnet, guestSubnet, hosts: [] }
}

/** Names of the two cards by which this machine is on the lab's wires; at most 15 characters. */
export const ownCards = (s: Pick<LabSettings, 'prefix'>) => ({
  management: `${s.prefix}m`,
  guests: `${s.prefix}g`,
})

/** What a lab must know of its instance. */
export type OfInstance = Pick<Settings, 'engineId' | 'subnet'>
