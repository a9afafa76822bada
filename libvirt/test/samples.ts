/** One plain value for any argument type, fit for libvirt's test driver: its names, no flags, small numbers. */
import { parseUuid } from '../src/index.ts'
import type { Shape } from '../src/xdr.ts'

/** What the test driver calls its things, by the name of the field. */
const KNOWN: Record<string, unknown> = {
  dom: { name: 'test', uuid: parseUuid('6695eb01-f6a4-8304-79aa-97f2502e193f'), id: 1 },
  net: { name: 'default', uuid: parseUuid('dd8fe884-6c02-601e-7551-cca97df1c5df') },
  pool: { name: 'default-pool', uuid: parseUuid('dfe224cb-28fb-8dd0-c4b2-64eb3f0f4566') },
  iface: { name: 'eth1', mac: 'aa:bb:cc:dd:ee:ff' },
  vol: { pool: 'default-pool', name: 'v2', key: '/default-pool/v2' },
  arch: 'x86_64',
  maxids: 10,
  maxnames: 10,
  nparams: 16,
  needResults: 1,
  nvcpus: 1,
  memory: 1024n,
  maxinfo: 2,
  maplen: 2,
  ncpumaps: 2,
  maxcells: 2,
  cellCount: 1,
  iothreadId: 9,
}

export function sampleOf(shape: Shape, name = ''): unknown {
  const known = KNOWN[name]
  // The same word is a struct in one place and a name in another.
  if (known !== undefined && fits(known, shape)) return known
  switch (shape.kind) {
    case 'void':
      return undefined
    case 'int':
      return 0
    case 'hyper':
      return 0n
    case 'double':
      return 0
    case 'bool':
      return false
    case 'string':
      return 'sample'
    case 'bytes':
    case 'chars':
      return Buffer.alloc(0)
    case 'fixedBytes':
    case 'fixedChars':
      return Buffer.alloc(shape.size)
    case 'enum':
      return shape.values[0]
    case 'optional':
      return sampleOf(shape.of, name)
    case 'array':
      return [sampleOf(shape.of)]
    case 'fixedArray':
      return Array.from({ length: shape.size }, () => sampleOf(shape.of))
    case 'struct':
      return Object.fromEntries(shape.fields.map(([field, of]) => [field, sampleOf(of, field)]))
    case 'union': {
      const [first] = shape.cases
      return first && { type: first[0], value: sampleOf(first[1]) }
    }
  }
}

function fits(value: unknown, shape: Shape): boolean {
  if (shape.kind === 'optional') return fits(value, shape.of)
  if (shape.kind === 'struct') return typeof value === 'object'
  const kinds: Record<string, string> = { number: 'int', bigint: 'hyper' }
  return (kinds[typeof value] ?? typeof value) === shape.kind
}
