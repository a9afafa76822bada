import { conflict } from '@rookery/model'
import type { MigrationTarget } from '@rookery/protocol'
import { metadataElement, readMetadata } from '../domain/metadata.ts'
import { mapElements, ownerKept, withAttrs } from '../domain/restore.ts'
import { driveAlias, userAlias } from '../domain/xml-disk.ts'
import { child, type Element, writeXml } from '../xml/node.ts'
import { parseXml } from '../xml/parse.ts'

/** What the source adds to what the target said. */
export interface Departure {
  readonly engineId: string
  /** Whether the guest was up, so that the target need not wait for it. */
  readonly up: boolean
  /** Nobody knows it: each visitor's own is set when the visitor comes. */
  readonly vncPassword: string
}

/**
 * The definition with which a guest arrives. Its devices must be those that it has, addresses and all, so its live definition is kept and
 * only what belongs to the run and to the other host is written anew: whose run it is, and where files, sockets and cards are there.
 *
 * @throws `conflict` for a guest with a disk or card that the target has not prepared for: nothing is begun then
 */
export function arrivingXml(live: string, target: MigrationTarget, departure: Departure): string {
  const root = parseXml(live)
  const run = readMetadata(root)
  const files = new Map<string, string | null>(target.disks.map(d => [userAlias(d.diskId), d.file]))
  files.set(driveAlias('medium'), target.medium)
  files.set(driveAlias('seed'), target.seedFile)
  const cards = new Map(target.nics.map(nic => [userAlias(nic.nicId), nic]))
  const aliasOf = (element: Element | undefined) => child(element, 'alias')?.attrs.name ?? ''
  const known = <T>(found: T | undefined, what: string): T => {
    if (found === undefined)
      throw conflict(
        'vm.migrate.devices',
        `The guest has ${what} that the other host has not prepared for: it was plugged in or pulled out meanwhile. Try again.`,
      )
    return found
  }
  return writeXml(
    mapElements(root, (element, parent) => {
      switch (element.name) {
        case 'metadata':
          return {
            ...element,
            children: [
              metadataElement({
                engineId: departure.engineId,
                runId: target.runId,
                generation: target.generation,
                graceSeconds: run?.graceSeconds ?? 60,
                startedAt: run?.startedAt ?? 0,
                seed: target.seedFile ?? '',
                arrives: departure.up ? 'up' : 'booting',
              }),
            ],
          }
        case 'disk': {
          const file = known(files.get(aliasOf(element)), 'a disk')
          // A drive that is empty there is empty when it arrives.
          return file !== null ? element : withoutChild(withoutChild(element, 'source'), 'backingStore')
        }
        case 'source': {
          if (parent?.name === 'disk') {
            const file = files.get(aliasOf(parent))
            const source = file == null ? element : withAttrs(element, { file })
            return aliasOf(parent) === driveAlias('seed') ? source : ownerKept(source)
          }
          if (parent?.name === 'interface') {
            const { bridge } = known(cards.get(aliasOf(parent)), 'a network card')
            return bridge === null ? element : withAttrs(element, { bridge })
          }
          return parent?.name === 'serial' || parent?.name === 'console'
            ? withAttrs(element, { path: target.serialSocket })
            : element
        }
        case 'target':
          return parent?.name === 'interface'
            ? withAttrs(element, { dev: known(cards.get(aliasOf(parent)), 'a network card').tap })
            : element
        case 'log':
          return withAttrs(element, { file: target.serialLog })
        case 'graphics':
          return withAttrs(element, {
            ...(element.attrs.socket === undefined ? {} : { socket: target.vncSocket }),
            passwd: departure.vncPassword,
            passwdValidTo: '1970-01-01T00:00:01',
          })
        case 'listen':
          return element.attrs.type === 'socket' ? withAttrs(element, { socket: target.vncSocket }) : element
        default:
          return element
      }
    }),
  )
}

const withoutChild = (element: Element, name: string): Element => ({
  ...element,
  children: element.children.filter(c => typeof c === 'string' || c.name !== name),
})
