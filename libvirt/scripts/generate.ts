/**
 * Generates `src/generated/` from libvirt's own source tree.
 *
 *     node scripts/generate.ts <libvirt source tree>            writes the files
 *     node scripts/generate.ts --check <libvirt source tree>    fails when a file would change
 *
 * On Debian the tree comes from `apt-get source libvirt` (a deb-src line is needed). The result is checked in, so
 * users and tests need no libvirt source.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { emitConstants, emitProtocol } from './emit.ts'
import { type Header, parseHeader } from './header-parser.ts'
import { type Item, parseProtocol } from './protocol-parser.ts'

const OUTPUT = join(import.meta.dirname, '..', 'src', 'generated')

/** Enums whose numbers are shown to people, so that a table of their names pays. */
const NAMED = ['virErrorNumber', 'virErrorDomain', 'virErrorLevel']

const HEADERS = [
  'libvirt-common.h.in',
  'libvirt-host.h',
  'libvirt-domain.h',
  'libvirt-domain-checkpoint.h',
  'libvirt-domain-snapshot.h',
  'libvirt-event.h',
  'libvirt-interface.h',
  'libvirt-network.h',
  'libvirt-nodedev.h',
  'libvirt-nwfilter.h',
  'libvirt-secret.h',
  'libvirt-storage.h',
  'libvirt-stream.h',
  'libvirt-qemu.h',
  'virterror.h',
]

/** All generated files by name. Pure but for reading the tree. */
export function generate(tree: string): Map<string, string> {
  const read = (...path: string[]): string => readFileSync(join(tree, ...path), 'utf8')
  const version = /version: '([\d.]+)'/.exec(read('meson.build'))?.[1]
  if (!version) throw new Error(`${tree}/meson.build names no version: is this a libvirt source tree?`)

  const known = new Map<string, number>()
  const headers: Header[] = HEADERS.map(name => parseHeader(read('include', 'libvirt', name), known))
  // Macros of private headers that the .x files lean on; their values are part of the wire format.
  const constants = new Map(known)

  const protocol = (...path: string[]): Item[] => parseProtocol(read('src', ...path))
  const remote = protocol('remote', 'remote_protocol.x')
  const foreign = { module: './remote.gen.ts', types: new Set(remote.flatMap(declaredType)) }
  const origin = (file: string): string => `libvirt ${version}, ${file}`
  return new Map([
    ['remote.gen.ts', emitProtocol(remote, { origin: origin('remote_protocol.x'), constants })],
    [
      'qemu.gen.ts',
      emitProtocol(protocol('remote', 'qemu_protocol.x'), { origin: origin('qemu_protocol.x'), foreign, constants }),
    ],
    [
      'keepalive.gen.ts',
      emitProtocol(protocol('rpc', 'virkeepaliveprotocol.x'), { origin: origin('virkeepaliveprotocol.x'), constants }),
    ],
    [
      'net.gen.ts',
      emitProtocol(protocol('rpc', 'virnetprotocol.x'), { origin: origin('virnetprotocol.x'), constants }),
    ],
    ['constants.gen.ts', emitConstants(headers, { origin: origin('its public headers'), tables: NAMED })],
  ])
}

function declaredType(item: Item): string[] {
  if (item.kind === 'typedef') return [item.declaration.name]
  return item.kind === 'struct' || item.kind === 'union' || item.kind === 'enum' ? [item.name] : []
}

function main(): void {
  const { values, positionals } = parseArgs({ options: { check: { type: 'boolean' } }, allowPositionals: true })
  const [tree] = positionals
  if (!tree) throw new Error('name the libvirt source tree: node scripts/generate.ts [--check] <tree>')
  const stale: string[] = []
  for (const [name, text] of generate(tree)) {
    const path = join(OUTPUT, name)
    if (!values.check) writeFileSync(path, text)
    else if (readFileSync(path, 'utf8') !== text) stale.push(name)
  }
  if (stale.length > 0) throw new Error(`stale: ${stale.join(', ')}. Run scripts/generate.ts without --check.`)
}

if (import.meta.main) {
  try {
    main()
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}
