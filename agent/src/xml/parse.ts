import { internal } from '@rookery/model'
import { SaxesParser } from 'saxes'
import type { Child, Element } from './node.ts'

/** Reads a document that libvirt wrote. Names keep their prefix. Throws `internal` for what is no XML. */
export function parseXml(text: string): Element {
  interface Open {
    name: string
    attrs: Record<string, string>
    children: Child[]
  }
  const open: Open[] = []
  const result: { root: Element | null } = { root: null }
  const parser = new SaxesParser({ position: false })
  parser.on('error', cause => {
    throw internal('xml.unreadable', 'libvirt sent a document that is no XML.', { cause })
  })
  parser.on('opentag', tag => {
    open.push({
      name: tag.name,
      attrs: Object.fromEntries(Object.entries(tag.attributes).map(([key, value]) => [key, String(value)])),
      children: [],
    })
  })
  const addText = (t: string) => {
    if (t.trim() !== '') open.at(-1)?.children.push(t)
  }
  parser.on('text', addText)
  parser.on('cdata', addText)
  parser.on('closetag', () => {
    const done = open.pop()
    if (done === undefined) return
    const parent = open.at(-1)
    if (parent === undefined) result.root = done
    else parent.children.push(done)
  })
  parser.write(text).close()
  if (result.root === null) throw internal('xml.unreadable', 'libvirt sent an empty document.')
  return result.root
}
