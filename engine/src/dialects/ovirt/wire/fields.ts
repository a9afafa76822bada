import { enumTable, type TypeName, typeTable } from './types.ts'

/** What kind of value an element holds. */
export type FieldKind =
  | { kind: 'text' | 'boolean' | 'integer' | 'decimal' | 'date' }
  | { kind: 'enum'; name: string; words: readonly string[] }
  | { kind: 'struct'; type: TypeName }
  | { kind: 'structs'; type: TypeName; item: string }
  | { kind: 'texts'; item: string; words: readonly string[] | undefined; name: string | undefined }

/** One type of the table, parsed: its tag, elements by name in the order of the table, and links. */
export interface TypeInfo {
  name: TypeName
  tag: string
  fields: Map<string, FieldKind>
  links: readonly string[]
}

const scalars = { b: 'boolean', i: 'integer', f: 'decimal', d: 'date' } as const
const singular = (word: string) => (word.endsWith('ies') ? `${word.slice(0, -3)}y` : word.replace(/s$/, ''))
const isTypeName = (name: string): name is TypeName => Object.hasOwn(typeTable, name)

/** Item tags that are not the tag of the item's type. */
const irregularItems: Readonly<Record<string, string>> = {
  host_numa_nodes: 'host_numa_node',
  agents: 'agent',
  pm_proxies: 'pm_proxy',
}

function parseField(text: string): [string, FieldKind] {
  const [name = '', kind, detail] = text.split(':')
  if (kind === undefined) return [name, { kind: 'text' }]
  if (kind === 's[]') return [name, { kind: 'texts', item: singular(name), words: undefined, name: undefined }]
  if (kind === 'E' || kind === 'E[]') {
    const words = enumTable[detail ?? '']
    if (words === undefined || detail === undefined) throw new Error(`types.ts: ${text} names no enumeration`)
    if (kind === 'E') return [name, { kind: 'enum', name: detail, words }]
    return [name, { kind: 'texts', item: singular(name), words, name: detail }]
  }
  if (kind in scalars) return [name, { kind: scalars[kind as keyof typeof scalars] }]
  const type = kind.replace('[]', '')
  if (!isTypeName(type)) return [name, { kind: 'text' }]
  if (!kind.endsWith('[]')) return [name, { kind: 'struct', type }]
  return [name, { kind: 'structs', type, item: irregularItems[name] ?? typeTable[type].tag }]
}

const parsed = new Map<TypeName, TypeInfo>()

/** The parsed row of a type; parsed once. */
export function typeInfo(name: TypeName): TypeInfo {
  const known = parsed.get(name)
  if (known) return known
  const row = typeTable[name]
  const split = (text: string) => text.split(' ').filter(word => word !== '')
  const info: TypeInfo = {
    name,
    tag: row.tag,
    fields: new Map(split(row.fields).map(parseField)),
    links: split(row.links),
  }
  parsed.set(name, info)
  return info
}
