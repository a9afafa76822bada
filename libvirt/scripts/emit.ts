/** Turns parsed protocol files and headers into TypeScript source text. */
import type { Header } from './header-parser.ts'
import type { Declaration, Item, ProcedureDeclaration } from './protocol-parser.ts'

/** Where types named in this file but declared in another one come from. */
export interface Foreign {
  module: string
  types: ReadonlySet<string>
}

const PRIMITIVES: Record<string, { codec: string; type: string }> = {
  char: { codec: 'xdr.int8', type: 'number' },
  'unsigned char': { codec: 'xdr.uint8', type: 'number' },
  short: { codec: 'xdr.int16', type: 'number' },
  'unsigned short': { codec: 'xdr.uint16', type: 'number' },
  int: { codec: 'xdr.int32', type: 'number' },
  'unsigned int': { codec: 'xdr.uint32', type: 'number' },
  hyper: { codec: 'xdr.hyper', type: 'bigint' },
  'unsigned hyper': { codec: 'xdr.uhyper', type: 'bigint' },
  double: { codec: 'xdr.double', type: 'number' },
  bool: { codec: 'xdr.bool', type: 'boolean' },
}

/** `remote_domain_create_args` and `virNetMessageError` both become upper camel case. */
export function typeName(name: string): string {
  const camel = fieldName(name)
  return camel.charAt(0).toUpperCase() + camel.slice(1)
}

/** `nr_cpus` becomes `nrCpus`; names that are camel case already stay as they are. */
export function fieldName(name: string): string {
  return name.replace(/_+([a-zA-Z0-9])/g, (_, letter: string) => letter.toUpperCase())
}

/** Source of one generated module for one `.x` file. */
export function emitProtocol(
  items: readonly Item[],
  options: { origin: string; foreign?: Foreign; constants: ReadonlyMap<string, number> },
): string {
  const used = new Set<string>()
  const consts = new Map(options.constants)
  const bound = (text: string): string => {
    const value = consts.get(text)
    return value === undefined ? text : String(value)
  }
  const lookup = (name: string): { codec: string; type: string } => {
    const primitive = PRIMITIVES[name]
    if (primitive) return primitive
    if (options.foreign?.types.has(name)) used.add(name)
    return { codec: fieldName(name), type: typeName(name) }
  }
  const of = (d: Declaration): { codec: string; type: string } => {
    const { arity } = d
    if (d.type === 'string' && arity.kind === 'list')
      return { codec: `xdr.string(${bound(arity.max)})`, type: 'string' }
    if (d.type === 'opaque' && arity.kind === 'list') {
      return { codec: `xdr.bytes(${bound(arity.max)})`, type: 'Uint8Array' }
    }
    if (d.type === 'opaque' && arity.kind === 'fixed') {
      return { codec: `xdr.fixedBytes(${bound(arity.size)})`, type: 'Uint8Array' }
    }
    if (d.type === 'char' && arity.kind === 'list') {
      return { codec: `xdr.chars(${bound(arity.max)})`, type: 'Uint8Array' }
    }
    if (d.type === 'char' && arity.kind === 'fixed') {
      return { codec: `xdr.fixedChars(${bound(arity.size)})`, type: 'Uint8Array' }
    }
    const base = lookup(d.type)
    if (arity.kind === 'optional') return { codec: `xdr.optional(${base.codec})`, type: `${base.type} | null` }
    if (arity.kind === 'fixed') {
      return { codec: `xdr.fixedArray(${base.codec}, ${bound(arity.size)})`, type: `${base.type}[]` }
    }
    if (arity.kind === 'list') {
      return { codec: `xdr.array(${base.codec}, ${bound(arity.max)})`, type: `${base.type}[]` }
    }
    return base
  }

  const body: string[] = []
  const declared = new Set<string>()
  const programs: string[] = []
  for (const item of items) {
    switch (item.kind) {
      case 'const': {
        const value = Number(bound(item.value))
        if (!Number.isSafeInteger(value)) throw new Error(`${item.name}: ${item.value} is not known`)
        consts.set(item.name, value)
        body.push(`export const ${item.name} = ${literal(item.name, value)}`, '')
        break
      }
      case 'typedef': {
        const { codec, type } = of(item.declaration)
        const { name } = item.declaration
        declared.add(name)
        body.push(
          `export type ${typeName(name)} = ${type}`,
          `export const ${fieldName(name)}: xdr.Codec<${typeName(name)}> = ${codec}`,
          '',
        )
        break
      }
      case 'struct': {
        declared.add(item.name)
        const fields = item.fields.map(f => ({ name: fieldName(f.name), ...of(f) }))
        if (new Set(fields.map(f => f.name)).size !== fields.length) throw new Error(`${item.name}: names collide`)
        body.push(
          `export interface ${typeName(item.name)} {`,
          ...fields.map(f => `  ${f.name}: ${f.type}`),
          '}',
          `export const ${fieldName(item.name)}: xdr.Codec<${typeName(item.name)}> = xdr.struct<${typeName(item.name)}>({`,
          ...fields.map(f => `  ${f.name}: ${f.codec},`),
          '})',
          '',
        )
        break
      }
      case 'union': {
        declared.add(item.name)
        const cases = item.cases.map(c => ({ value: bound(c.value), label: c.value, ...of(c.declaration) }))
        body.push(
          `export type ${typeName(item.name)} =`,
          ...cases.map(c => `  /** ${c.label} */\n  | { type: ${c.value}; value: ${c.type} }`),
          `export const ${fieldName(item.name)}: xdr.Codec<${typeName(item.name)}> = xdr.union<${typeName(item.name)}>({`,
          ...cases.map(c => `  ${c.value}: ${c.codec},`),
          '})',
          '',
        )
        break
      }
      case 'enum':
        declared.add(item.name)
        body.push(
          `export const ${typeName(item.name)} = {`,
          ...item.members.map(m => `  ${m.name}: ${m.value},`),
          '} as const',
          `export type ${typeName(item.name)} = (typeof ${typeName(item.name)})[keyof typeof ${typeName(item.name)}]`,
          `export const ${fieldName(item.name)}: xdr.Codec<${typeName(item.name)}> = xdr.enumeration(${typeName(item.name)})`,
          '',
        )
        break
      case 'procedures':
        programs.push(emitProcedures(item.prefix, item.procedures, declared))
        break
    }
  }
  const imports = ["import * as xdr from '../xdr.ts'"]
  if (programs.length > 0) imports.push("import { procedure } from '../procedure.ts'")
  if (used.size > 0) {
    const names = [...used].sort().flatMap(n => [fieldName(n), `type ${typeName(n)}`])
    imports.push(`import { ${names.join(', ')} } from '${options.foreign?.module}'`)
  }
  return `${banner(options.origin)}${imports.join('\n')}\n\n${body.join('\n')}${programs.join('\n')}`
}

function emitProcedures(
  prefix: string,
  procedures: readonly ProcedureDeclaration[],
  declared: ReadonlySet<string>,
): string {
  const upper = prefix.toUpperCase()
  const lines = procedures.map(p => {
    const type = (suffix: string): string =>
      declared.has(`${prefix}_${p.name}_${suffix}`) ? fieldName(`${prefix}_${p.name}_${suffix}`) : 'xdr.nothing'
    // An event is a procedure in the table, but the daemon "calls" it: its body is the _msg struct.
    const event = declared.has(`${prefix}_${p.name}_msg`)
    const args = event ? type('msg') : type('args')
    const extras: string[] = []
    if (event) extras.push('event: true')
    if (p.annotations['priority']?.includes('high')) extras.push('urgent: true')
    if (p.annotations['readstream']) extras.push("stream: 'read'")
    if (p.annotations['writestream']) extras.push("stream: 'write'")
    const tail = extras.length > 0 ? `, { ${extras.join(', ')} }` : ''
    return `  ${fieldName(p.name)}: procedure(${upper}_PROGRAM, ${upper}_PROTOCOL_VERSION, ${p.number}, ${args}, ${type('ret')}${tail}),`
  })
  return [
    `/** Every procedure of the ${prefix} program by name. */`,
    `export const ${fieldName(prefix)}Procedures = {`,
    ...lines,
    '} as const',
    '',
  ].join('\n')
}

/** Source of the constants module. `tables` names the enums that also need a number → name table. */
export function emitConstants(
  headers: readonly Header[],
  options: { origin: string; tables: readonly string[] },
): string {
  const lines: string[] = []
  const seen = new Set<string>()
  for (const header of headers) {
    for (const { name, value } of header.strings) lines.push(`export const ${name} = ${JSON.stringify(value)}`)
    for (const { name, value } of header.numbers) lines.push(`export const ${name} = ${value}`)
    for (const item of header.enums) {
      lines.push('', `// ${item.name}`)
      for (const { name, value } of item.members) {
        if (seen.has(name)) throw new Error(`${name} is declared twice`)
        seen.add(name)
        lines.push(`export const ${name} = ${value}`)
      }
      if (options.tables.includes(item.name)) {
        lines.push(
          `/** Names of ${item.name} by number. */`,
          `export const ${item.name}Names: Readonly<Record<number, string>> = {`,
          ...item.members.map(m => `  [${m.value}]: '${m.name}',`),
          '}',
        )
      }
    }
  }
  return `${banner(options.origin)}${lines.join('\n').trim()}\n`
}

function banner(origin: string): string {
  return [
    `// Generated by scripts/generate.ts from ${origin}. Do not edit.`,
    "// Names, numbers, sizes and field orders are facts of libvirt's wire protocol.",
    '',
    '',
  ].join('\n')
}

function literal(name: string, value: number): string {
  return name.endsWith('_PROGRAM') ? `0x${value.toString(16)}` : String(value)
}
