import type { DomainSpec } from '@rookery/protocol'
import { child, type Element, writeXml } from '../xml/node.ts'
import { parseXml } from '../xml/parse.ts'
import { metadataElement } from './metadata.ts'
import { driveAlias, keepOwner, mediumPath, userAlias } from './xml-disk.ts'
import type { DomainEnv } from './xml-env.ts'

/**
 * The XML with which saved memory goes on. The devices must be those that the guest had, addresses and all, so the saved document
 * is kept and only what belongs to this run and this host is written anew: whose run it is, and where files and sockets are now. A drive
 * whose medium the specification does not name keeps what the guest had in it.
 */
export function restoredXml(saved: string, spec: DomainSpec, env: DomainEnv): string {
  const files = new Map<string, string>(spec.disks.map(d => [userAlias(d.diskId), env.volumePath(d.volume)]))
  const medium = mediumPath(spec.cdrom.medium, env)
  if (medium !== null) files.set(driveAlias('medium'), medium)
  if (env.seedFile !== null) files.set(driveAlias('seed'), env.seedFile)
  return writeXml(
    mapElements(parseXml(saved), (element, parent) => {
      switch (element.name) {
        case 'metadata':
          return { ...element, children: [metadataElement(env.metadata)] }
        case 'source': {
          const alias = child(parent, 'alias')?.attrs.name ?? ''
          if (parent?.name === 'disk') {
            const file = files.get(alias)
            const source = file === undefined ? element : withAttrs(element, { file })
            return alias === driveAlias('seed') ? source : ownerKept(source)
          }
          return parent?.name === 'serial' || parent?.name === 'console'
            ? withAttrs(element, { path: env.serialSocket })
            : element
        }
        case 'log':
          return withAttrs(element, { file: env.serialLog })
        case 'graphics':
          return withAttrs(element, {
            ...(element.attrs.socket === undefined ? {} : { socket: env.vncSocket }),
            passwd: env.vncPassword,
            passwdValidTo: '1970-01-01T00:00:01',
          })
        case 'listen':
          return element.attrs.type === 'socket' ? withAttrs(element, { socket: env.vncSocket }) : element
        default:
          return element
      }
    }),
  )
}

/** The source with the word that libvirt leaves its owner alone, which memory saved by an older agent lacks. */
export const ownerKept = (source: Element): Element => ({
  ...source,
  children: [...source.children.filter(c => typeof c === 'string' || c.name !== 'seclabel'), keepOwner],
})

/** The element with some attributes set. */
export const withAttrs = (element: Element, attrs: Record<string, string>): Element => ({
  ...element,
  attrs: { ...element.attrs, ...attrs },
})

/** The tree with every element passed through `fn`, parents first. */
export function mapElements(
  element: Element,
  fn: (e: Element, parent?: Element) => Element,
  parent?: Element,
): Element {
  const mapped = fn(element, parent)
  return { ...mapped, children: mapped.children.map(c => (typeof c === 'string' ? c : mapElements(c, fn, mapped))) }
}
