import { type FieldKind, typeInfo } from './fields.ts'
import { areKept, encodedOnce } from './kept.ts'
import type { TypeName } from './types.ts'
import type { WireObject, WireValue } from './wire-object.ts'

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
}
// XML 1.0 has no way to write these, and lone surrogates are no text in UTF-8.
const impossible =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g

/** Text as the content of an element: what XML cannot hold is dropped. */
export const escapeText = (text: string): string =>
  text.replace(impossible, '').replace(/[&<>\r]/g, c => escapes[c] ?? c)
/** Text as the value of an attribute. */
export const escapeAttribute = (text: string): string =>
  text.replace(impossible, '').replace(/[&<>"\t\n\r]/g, c => escapes[c] ?? c)

/** Elements that clients split or compare as text without asking: written with both tags when empty (SDK reader, measured). */
const emptyTextMatters = new Set(['custom_kernel_cmdline', 'description', 'comment', 'name', 'stop_reason'])

const isObject = (value: unknown): value is WireObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)

function leaf(kind: FieldKind, value: WireValue): string {
  if (value instanceof Date) return value.toISOString()
  if (kind.kind === 'integer' && typeof value === 'number') return String(Math.trunc(value))
  return String(value)
}

function attributes(object: WireObject): string {
  let text = ''
  if (object.href !== undefined) text += ` href="${escapeAttribute(object.href)}"`
  if (object.id !== undefined) text += ` id="${escapeAttribute(object.id)}"`
  return text
}

const link = (rel: string, href: string) => `<link href="${escapeAttribute(href)}" rel="${escapeAttribute(rel)}"/>`

function xmlField(name: string, kind: FieldKind, value: WireValue): string {
  if (value === undefined || value === null) return ''
  if (kind.kind === 'struct') return isObject(value) ? xmlObject(kind.type, name, value) : ''
  if (kind.kind === 'structs') {
    if (!Array.isArray(value)) return ''
    return wrap(name, value.map(item => (isObject(item) ? xmlObject(kind.type, kind.item, item) : '')).join(''))
  }
  if (kind.kind === 'texts') {
    if (!Array.isArray(value)) return ''
    return wrap(name, value.map(item => `<${kind.item}>${escapeText(String(item))}</${kind.item}>`).join(''))
  }
  const text = escapeText(leaf(kind, value))
  if (text !== '') return `<${name}>${text}</${name}>`
  return emptyTextMatters.has(name) ? `<${name}></${name}>` : ''
}

const wrap = (name: string, inner: string) => (inner === '' ? `<${name}/>` : `<${name}>${inner}</${name}>`)

function xmlObject(type: TypeName, tag: string, object: WireObject): string {
  let inner = ''
  if (object.actions) {
    const links = Object.entries(object.actions).map(([rel, href]) => link(rel, href))
    inner += wrap('actions', links.join(''))
  }
  for (const [rel, href] of Object.entries(object.link ?? {})) inner += link(rel, href)
  for (const [name, kind] of typeInfo(type).fields) inner += xmlField(name, kind, object[name] as WireValue)
  for (const name of extras) if (name in object) inner += xmlField(name, { kind: 'text' }, object[name] as WireValue)
  return inner === '' ? `<${tag}${attributes(object)}/>` : `<${tag}${attributes(object)}>${inner}</${tag}>`
}

/** Elements that answers carry beyond the type's own. */
const extras = ['creation_status']

function jsonField(kind: FieldKind, value: WireValue): unknown {
  if (value === undefined || value === null) return undefined
  if (kind.kind === 'struct') return isObject(value) ? jsonObject(kind.type, value) : undefined
  if (kind.kind === 'structs')
    return Array.isArray(value)
      ? wrapJson(
          kind.item,
          value.flatMap(item => (isObject(item) ? [jsonObject(kind.type, item)] : [])),
        )
      : undefined
  if (kind.kind === 'texts') return Array.isArray(value) ? wrapJson(kind.item, value.map(String)) : undefined
  if (value instanceof Date) return value.getTime()
  if (kind.kind === 'decimal') return value
  return leaf(kind, value)
}

const wrapJson = (item: string, items: unknown[]) => (items.length === 0 ? {} : { [item]: items })
const links = (record: Record<string, string>) => Object.entries(record).map(([rel, href]) => ({ href, rel }))

function jsonObject(type: TypeName, object: WireObject): Record<string, unknown> {
  const out: Record<string, unknown> = {}
  if (object.actions) out['actions'] = wrapJson('link', links(object.actions))
  for (const [name, kind] of typeInfo(type).fields) {
    const value = jsonField(kind, object[name] as WireValue)
    if (value !== undefined) out[name] = value
  }
  for (const name of extras) if (typeof object[name] === 'string') out[name] = object[name]
  if (object.link && Object.keys(object.link).length > 0) out['link'] = links(object.link)
  if (object.href !== undefined) out['href'] = object.href
  if (object.id !== undefined) out['id'] = object.id
  return out
}

const declaration = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

/** One entity as XML. */
export const encodeXml = (type: TypeName, object: WireObject, tag: string = typeInfo(type).tag): string =>
  declaration + xmlObject(type, tag, object)

/** A list as XML: never without its wrapper. */
export function encodeXmlList(
  type: TypeName,
  wrapper: string,
  item: string,
  objects: readonly WireObject[],
): string | Buffer {
  const encode = (object: WireObject) => xmlObject(type, item, object)
  if (!areKept(objects)) return declaration + wrap(wrapper, objects.map(encode).join(''))
  return Buffer.concat([
    Buffer.from(`${declaration}<${wrapper}>`),
    ...objects.map(object => encodedOnce(object, `xml ${item}`, () => encode(object))),
    Buffer.from(`</${wrapper}>`),
  ])
}

/** One entity as JSON: bare, without a wrapper key. */
export const encodeJson = (type: TypeName, object: WireObject): string =>
  JSON.stringify(jsonObject(type, object), undefined, 2)

/** A list as JSON: the item's tag as key; `{}` when empty. */
export function encodeJsonList(type: TypeName, item: string, objects: readonly WireObject[]): string | Buffer {
  if (!areKept(objects)) {
    const items = objects.map(object => jsonObject(type, object))
    return JSON.stringify(wrapJson(item, items), undefined, 2)
  }
  // The same text as above, put together: an item stands two levels in, and no text of JSON has a line break of its own.
  const encode = (object: WireObject) => `    ${encodeJson(type, object).replaceAll('\n', '\n    ')}`
  const parts = objects.flatMap((object, i) => [
    i === 0 ? jsonStart(item) : jsonBetween,
    encodedOnce(object, `json ${item}`, () => encode(object)),
  ])
  return Buffer.concat([...parts, jsonEnd])
}

const jsonStart = (item: string) => Buffer.from(`{\n  ${JSON.stringify(item)}: [\n`)
const jsonBetween = Buffer.from(',\n')
const jsonEnd = Buffer.from('\n  ]\n}')
