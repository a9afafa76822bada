import { invalid } from '@rookery/model'
import { type FieldKind, typeInfo } from './fields.ts'
import type { TypeName } from './types.ts'
import type { WireObject, WireValue } from './wire-object.ts'
import { readXml, type XmlElement } from './xml-read.ts'

/** Most nesting and most values that a JSON request may have; the same order of size as for XML. */
const maxJsonDepth = 64

function scalar(kind: FieldKind, text: string, path: string): WireValue {
  const wrong = (what: string): never => {
    throw invalid('wire.invalid_value', `${text.slice(0, 80)} is not ${what}`, { detail: { element: path } })
  }
  switch (kind.kind) {
    case 'boolean': {
      const word = text.trim().toLowerCase()
      if (word === 'true' || word === '1') return true
      if (word === 'false' || word === '0') return false
      return wrong(`a boolean (element ${path}): use true or false`)
    }
    case 'integer': {
      const word = text.trim()
      if (!/^[+-]?\d{1,19}$/.test(word)) return wrong(`an integer (element ${path})`)
      const value = Number(word)
      return Number.isSafeInteger(value) ? value : wrong(`an integer that this engine can hold (element ${path})`)
    }
    case 'decimal': {
      const value = Number(text.trim())
      return text.trim() !== '' && Number.isFinite(value) ? value : wrong(`a number (element ${path})`)
    }
    case 'date': {
      const word = text.trim()
      const value = new Date(/^\d+$/.test(word) ? Number(word) : /(Z|[+-]\d\d:?\d\d)$/.test(word) ? word : `${word}Z`)
      return Number.isNaN(value.getTime()) ? wrong(`a date (element ${path})`) : value
    }
    case 'enum': {
      const word = text.trim().toLowerCase()
      return kind.words.includes(word)
        ? word
        : wrong(`a member of ${kind.name}: ${kind.words.join(', ')} (element ${path})`)
    }
    default:
      return text
  }
}

const idAndHref = (element: XmlElement): WireObject => {
  const object: WireObject = {}
  const id = element.attributes.get('id')
  const href = element.attributes.get('href')
  if (id !== undefined) object.id = id
  if (href !== undefined) object.href = href
  return object
}

function fromXml(type: TypeName, element: XmlElement, path: string): WireObject {
  const { fields } = typeInfo(type)
  const object = idAndHref(element)
  for (const child of element.children) {
    const at = `${path}.${child.name}`
    if (child.name === 'id' || child.name === 'href') {
      object[child.name] ??= child.text.trim()
      continue
    }
    const kind = fields.get(child.name)
    if (kind === undefined) continue
    if (kind.kind === 'struct') object[child.name] = fromXml(kind.type, child, at)
    else if (kind.kind === 'structs')
      object[child.name] = child.children
        .filter(item => item.name === kind.item || kind.item !== 'link')
        .map(item => fromXml(kind.type, item, `${at}.${item.name}`))
    else if (kind.kind === 'texts')
      object[child.name] = child.children.map(item => scalar(texts(kind), item.text, `${at}.${item.name}`))
    else if (kind.kind === 'text') object[child.name] = child.text
    else if (child.text.trim() !== '') object[child.name] = scalar(kind, child.text, at)
  }
  return object
}

const texts = (kind: Extract<FieldKind, { kind: 'texts' }>): FieldKind =>
  kind.words === undefined ? { kind: 'text' } : { kind: 'enum', name: kind.name ?? '', words: kind.words }

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function listOf(value: unknown, item: string, path: string): unknown[] {
  if (Array.isArray(value)) return value
  if (isObject(value)) {
    const inner = value[item]
    if (inner === undefined) return []
    return Array.isArray(inner) ? inner : [inner]
  }
  throw invalid('wire.invalid_value', `${path} must be a list`)
}

function fromJson(type: TypeName, value: unknown, path: string, depth: number): WireObject {
  if (depth > maxJsonDepth)
    throw invalid('json.depth', `The JSON is refused: ${path.slice(0, 80)} is nested more than ${maxJsonDepth} deep.`)
  if (!isObject(value)) throw invalid('wire.invalid_value', `${path} must be an object`)
  const { fields } = typeInfo(type)
  const object: WireObject = {}
  for (const [name, item] of Object.entries(value)) {
    if (item === null) continue
    const at = `${path}.${name}`
    if (name === 'id' || name === 'href') {
      object[name] = String(item)
      continue
    }
    const kind = fields.get(name)
    if (kind === undefined) continue
    if (kind.kind === 'struct') object[name] = fromJson(kind.type, item, at, depth + 1)
    else if (kind.kind === 'structs')
      object[name] = listOf(item, kind.item, at).map(one => fromJson(kind.type, one, at, depth + 1))
    else if (kind.kind === 'texts')
      object[name] = listOf(item, kind.item, at).map(one => scalar(texts(kind), plain(one, at), at))
    else if (kind.kind === 'text') object[name] = plain(item, at)
    else object[name] = scalar(kind, plain(item, at), at)
  }
  return object
}

function plain(value: unknown, path: string): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  throw invalid('wire.invalid_value', `${path} must be a plain value, not a list or an object`)
}

/** The two languages of the API. */
export type Format = 'xml' | 'json'

/**
 * Reads the body of a request as the type. An empty body is an empty object. A root element of another name is `invalid`;
 * unknown elements are ignored, values of the wrong kind are `invalid` with the path of the element.
 */
export function decode(type: TypeName, format: Format, body: string): WireObject {
  if (body.trim() === '') return {}
  const { tag } = typeInfo(type)
  if (format === 'xml') {
    const root = readXml(body)
    if (root.name !== tag)
      throw invalid('wire.wrong_root', `The document is a <${root.name.slice(0, 80)}>; this address takes a <${tag}>.`)
    return fromXml(type, root, tag)
  }
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch (cause) {
    throw invalid('json.malformed', 'The body is not JSON; its position is in the log of the engine.', { cause })
  }
  // Hand-written requests sometimes wrap the entity in its own tag.
  if (isObject(value) && Object.keys(value).length === 1 && isObject(value[tag]) && !typeInfo(type).fields.has(tag))
    value = value[tag]
  return fromJson(type, value, tag, 0)
}
