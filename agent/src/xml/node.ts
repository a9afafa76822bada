/** An XML element: what libvirt's documents are made of. Mixed content does not occur in them. */
export interface Element {
  readonly name: string
  readonly attrs: Readonly<Record<string, string>>
  readonly children: readonly Child[]
}
export type Child = Element | string

type Attrs = Record<string, string | number | undefined>
type Maybe = Child | null | undefined | false

/** An element; attributes that are undefined and children that are null, undefined or false are left out. */
export function el(name: string, attrs: Attrs = {}, ...children: Maybe[]): Element {
  const given: Record<string, string> = {}
  for (const [key, value] of Object.entries(attrs)) if (value !== undefined) given[key] = String(value)
  return {
    name,
    attrs: given,
    children: children.filter(c => c !== null && c !== undefined && c !== false),
  }
}

/** What XML 1.0 cannot hold: control characters but tab and line breaks, lone surrogates, and the two non-characters. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are the subject
// oxlint-disable-next-line no-control-regex
const forbidden =
  /[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g
const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', "'": '&apos;', '"': '&quot;' }

/** Text that is only ever data: markup escaped, what XML cannot hold dropped, line breaks and tabs kept in attributes too. */
export function escapeXml(text: string): string {
  return text
    .replace(forbidden, '')
    .replace(/[&<>'"]/g, c => entities[c] ?? c)
    .replace(/[\t\n\r]/g, c => `&#${c.charCodeAt(0)};`)
}

/** The document as text, two blanks a level, so that golden files can be read and compared. */
export function writeXml(node: Element, indent = ''): string {
  const attrs = Object.entries(node.attrs)
    .map(([key, value]) => ` ${key}='${escapeXml(value)}'`)
    .join('')
  const open = `${indent}<${node.name}${attrs}`
  if (node.children.length === 0) return `${open}/>\n`
  if (node.children.every(c => typeof c === 'string'))
    return `${open}>${node.children.map(escapeXml).join('')}</${node.name}>\n`
  const inner = node.children.map(c => (typeof c === 'string' ? '' : writeXml(c, `${indent}  `))).join('')
  return `${open}>\n${inner}${indent}</${node.name}>\n`
}

/** The first child element of that name. */
export function child(node: Element | undefined, name: string): Element | undefined {
  return node?.children.find((c): c is Element => typeof c !== 'string' && c.name === name)
}

/** Every child element of that name. */
export function childrenOf(node: Element | undefined, name: string): Element[] {
  return node === undefined ? [] : node.children.filter((c): c is Element => typeof c !== 'string' && c.name === name)
}

/** The text of an element, without surrounding blanks. */
export function textOf(node: Element | undefined): string {
  return node === undefined
    ? ''
    : node.children
        .filter(c => typeof c === 'string')
        .join('')
        .trim()
}
