import { readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Which packages each package's sources may import; tests may import more. The picture is in the README. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  model: [],
  pki: [],
  libvirt: [],
  postgres: [],
  protocol: ['model'],
  agent: ['protocol', 'model', 'libvirt', 'pki'],
  simulator: ['protocol', 'model'],
  engine: ['protocol', 'model', 'pki'],
  cli: ['model', 'pki', 'postgres', 'lab', 'bench'],
  bench: ['model', 'postgres', 'libvirt', 'engine'],
  lab: ['model', 'pki', 'protocol', 'libvirt', 'agent', 'simulator', 'engine', 'cli', 'postgres'],
  web: ['model'],
}

const domains = ['inventory', 'compute', 'storage', 'network', 'metering'] as const
/** What every domain stands on. Identity is a part of it: nothing is asked or listed without a permission. */
const ground = [
  'jobs',
  'events',
  'db',
  'core',
  'engines',
  'reconcile',
  'search',
  'identity',
  'engine.ts',
  'config.ts',
  'version.ts',
] as const

/** Which folders of the engine each of its folders may import. */
function engineFolderMayImport(from: string, to: string): boolean {
  if (from === to || ['app.ts', 'main.ts', 'domains.ts', 'http'].includes(from)) return true
  if (from === 'dialects') return true
  const isDomain = (name: string) => (domains as readonly string[]).includes(name)
  const isGround = (name: string) => (ground as readonly string[]).includes(name)
  if (isDomain(from)) return isDomain(to) || isGround(to)
  if (isGround(from)) return isGround(to) || to === 'http'
  return true
}

/** The console's own ground: what every page stands on. It never imports a page, so that pages can be loaded one by one. */
const webGround = ['api', 'live', 'i18n', 'format', 'status', 'charts', 'templates', 'paths.ts'] as const

/** Which folders of the console each of its folders may import. */
const webFolderMayImport = (from: string, to: string): boolean =>
  from === to || !(webGround as readonly string[]).includes(from) || (webGround as readonly string[]).includes(to)

/** The one file that knows where the engine defines what it answers; types only, so nothing of the engine is in a browser. */
const nativeTypes = 'web/src/api/native.gen.ts'

/** What no component of the console may hold: colours are tokens, and text is never markup. */
function componentProblems(path: string, text: string): string[] {
  if (!path.startsWith('web/src/') || isTest(path)) return []
  const problems: string[] = []
  if (/dangerouslySetInnerHTML|\.innerHTML\s*=/.test(text)) problems.push(`${path} turns text into markup`)
  const colour = /['"`\s:](#(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})\b|rgba?\(|hsla?\()/i.exec(text)
  if (path.endsWith('.tsx') && colour !== null)
    problems.push(`${path} has the literal colour ${colour[1]}; take a --pf-t--global or --rk token`)
  return problems
}

/** A source file: its path from the root, and its text. */
export interface Source {
  path: string
  text: string
}

const isTest = (path: string) =>
  /(\.test\.ts$|\/test\/|\/contract\/|\/e2e\/|^conformance\/|^faults\/|^chaos\/|^scale\/|^scripts\/|^e2e\/)/.test(path)

/** Every import that points the wrong way, as a sentence. */
export function importProblems(sources: readonly Source[]): string[] {
  const problems: string[] = []
  for (const { path, text } of sources) {
    const pkg = path.split('/')[0] ?? ''
    const allowed = mayImport[pkg]
    if (allowed === undefined || isTest(path)) continue
    problems.push(...componentProblems(path, text))
    for (const [, target = ''] of text.matchAll(/^\s*(?:import|export)\b[^'"=]*['"]([^'"]+)['"]/gm)) {
      const other = /^@rookery\/([a-z]+)/.exec(target)?.[1]
      if (other !== undefined && other !== pkg && !allowed.includes(other))
        problems.push(`${path} imports @rookery/${other}, which ${pkg} may not`)
      if (!target.startsWith('.')) continue
      const resolved = join(dirname(path), target)
      if (path === nativeTypes && resolved.startsWith('engine/src/')) continue
      if (!resolved.startsWith(`${pkg}/`)) problems.push(`${path} reaches into another package by path: ${target}`)
      const folder = (file: string) => file.split('/')[2] ?? ''
      if (
        path.startsWith('web/src/') &&
        resolved.startsWith('web/src/') &&
        !webFolderMayImport(folder(path), folder(resolved))
      )
        problems.push(`${path}: web/src/${folder(path)} may not import web/src/${folder(resolved)}`)
      if (pkg !== 'engine') continue
      if (
        path.startsWith('engine/src/') &&
        resolved.startsWith('engine/src/') &&
        !engineFolderMayImport(folder(path), folder(resolved))
      )
        problems.push(`${path}: engine/src/${folder(path)} may not import engine/src/${folder(resolved)}`)
    }
  }
  return problems
}

// Put together here so that this file does not find itself.
const traces = [
  ['..', 'shared'].join('/'),
  ['', 'work', 'main'].join('/'),
  ['registry', 'npmjs', 'org'].join('.'),
  ['/tmp', 'brief'].join('/'),
]

/** Traces of one machine in a file that is committed. */
export function forbiddenText(path: string, file: string): string[] {
  if (/\.(png|jpg|ico|qcow2|iso|gz)$/.test(path) || !statSync(file, { throwIfNoEntry: false })?.isFile()) return []
  const text = readFileSync(file, 'utf8')
  return traces.filter(trace => text.includes(trace)).map(trace => `${path} names ${trace}`)
}
