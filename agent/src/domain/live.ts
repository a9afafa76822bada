import { child, childrenOf, type Element, textOf } from '../xml/node.ts'
import { parseXml } from '../xml/parse.ts'
import { type RunMetadata, readMetadata } from './metadata.ts'

/** A disk or CD drive of a running domain. */
export interface LiveDisk {
  /** The engine's id, from the alias; null for the CD drives. */
  readonly diskId: string | null
  readonly alias: string
  readonly target: string
  readonly file: string | null
  readonly element: Element
}

/** A network card of a running domain. */
export interface LiveNic {
  readonly mac: string
  readonly tap: string
  readonly bridge: string | null
  readonly element: Element
}

/** What the agent needs to know of a domain of its engine, read from the live XML, so that a restart loses nothing. */
export interface LiveDomain {
  readonly vmId: string
  readonly metadata: RunMetadata
  readonly vcpus: number
  readonly memory: number
  readonly machine: 'pc' | 'q35'
  readonly disks: readonly LiveDisk[]
  readonly nics: readonly LiveNic[]
  readonly keymap: string | null
  readonly vncSocket: string | null
  readonly serial: { readonly socket: string; readonly log: string | null } | null
  /** Whether the guest agent holds its end of the channel. */
  readonly agentConnected: boolean
}

/** Reads a live XML; null for a domain that no agent made. */
export function readLive(xml: string): LiveDomain | null {
  const root = parseXml(xml)
  const metadata = readMetadata(root)
  if (metadata === null) return null
  const devices = child(root, 'devices')
  const graphics = childrenOf(devices, 'graphics').find(g => g.attrs.type === 'vnc')
  const serial = childrenOf(devices, 'serial').find(s => s.attrs.type === 'unix')
  const socket = child(serial, 'source')?.attrs.path
  const agent = childrenOf(devices, 'channel')
    .map(c => child(c, 'target'))
    .find(t => t?.attrs.name === 'org.qemu.guest_agent.0')
  return {
    vmId: textOf(child(root, 'uuid')).toLowerCase(),
    metadata,
    vcpus: Number(textOf(child(root, 'vcpu'))) || 1,
    memory: Number(textOf(child(root, 'memory'))) * 1024,
    machine: (child(child(root, 'os'), 'type')?.attrs.machine ?? '').includes('q35') ? 'q35' : 'pc',
    disks: childrenOf(devices, 'disk').map(readDisk),
    nics: childrenOf(devices, 'interface').map(readNic),
    keymap: graphics?.attrs.keymap ?? null,
    vncSocket: graphics?.attrs.socket ?? child(graphics, 'listen')?.attrs.socket ?? null,
    serial: socket === undefined ? null : { socket, log: child(serial, 'log')?.attrs.file ?? null },
    agentConnected: agent?.attrs.state === 'connected',
  }
}

function readDisk(element: Element): LiveDisk {
  const alias = child(element, 'alias')?.attrs.name ?? ''
  const id = /^ua-([0-9a-f-]{36})$/.exec(alias)?.[1]
  return {
    diskId: id ?? null,
    alias,
    target: child(element, 'target')?.attrs.dev ?? '',
    file: child(element, 'source')?.attrs.file ?? null,
    element,
  }
}

function readNic(element: Element): LiveNic {
  return {
    mac: (child(element, 'mac')?.attrs.address ?? '').toLowerCase(),
    tap: child(element, 'target')?.attrs.dev ?? '',
    bridge: child(element, 'source')?.attrs.bridge ?? null,
    element,
  }
}
