/**
 * Writes `web/src/api/native.gen.ts`: every operation and query of the native dialect by name, with the types of its input and output
 * as they travel. The types are the engine's own, taken from where each one is defined; only their names are written down here. With
 * `--check` it says whether the committed file is what it would write.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { glob } from 'node:fs/promises'
import { join, posix } from 'node:path'
import { registry } from '../engine/src/core/registry.ts'
import { allDomains } from '../engine/src/domains.ts'

const root = join(import.meta.dirname, '..')
const target = 'web/src/api/native.gen.ts'

/** Where a definition is exported: file below the checkout, and the name there. */
interface Place {
  file: string
  name: string
}

async function exportsOf(): Promise<Map<unknown, Place>> {
  const found = new Map<unknown, Place>()
  const files: string[] = []
  for await (const file of glob(
    'engine/src/{inventory,compute,storage,network,identity,metering,invariants,jobs,events}/**/*.ts',
    { cwd: root },
  ))
    if (!file.endsWith('.test.ts') && !file.endsWith('/index.ts')) files.push(file)
  for (const file of files.sort()) {
    const module = (await import(join(root, file))) as Record<string, unknown>
    for (const [name, value] of Object.entries(module))
      if (typeof value === 'object' && value !== null && !found.has(value)) found.set(value, { file, name })
  }
  return found
}

export async function generate(): Promise<string> {
  const known = registry(allDomains())
  const places = await exportsOf()
  const modules = new Map<string, string>()
  const alias = (file: string) => {
    const name = `m${modules.size + 1}`
    const there = modules.get(file)
    if (there === undefined) modules.set(file, name)
    return there ?? name
  }
  const line = ([name, definition]: [string, unknown]): string => {
    const place = places.get(definition)
    // The searches are all made by one function, for a kind each.
    if (place === undefined && name.endsWith('.search'))
      return `  '${name}': Wire<ReturnType<typeof searches.searchOf>>`
    if (place === undefined) throw new Error(`"${name}" is not exported by a file of its domain`)
    return `  '${name}': Wire<typeof ${alias(place.file)}.${place.name}>`
  }
  const sorted = (map: ReadonlyMap<string, unknown>) => [...map].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(line)
  const operations = sorted(known.operations)
  const queries = sorted(known.queries)
  const from = (file: string) => posix.relative(posix.dirname(target), file)
  return `// Written by scripts/native-types.ts from the engine's operations and queries: node scripts/native-types.ts
import type { Operation } from '${from('engine/src/core/operation.ts')}'
import type { Query } from '${from('engine/src/core/query.ts')}'
import type * as searches from '${from('engine/src/search/search-of.ts')}'
${[...modules].map(([file, name]) => `import type * as ${name} from '${from(file)}'`).join('\n')}

/** A value as JSON carries it: dates are texts, what is undefined is not there. */
export type Json<T> = T extends Date
  ? string
  : T extends string | number | boolean | null | undefined
    ? T
    : unknown extends T
      ? T
      : T extends readonly (infer E)[]
        ? Json<E>[]
        : T extends object
          ? { [K in keyof T as T[K] extends (...args: never[]) => unknown ? never : K]: Json<T[K]> }
          : never

/** What is undefined travels as null at the top. */
type Result<T> = [T] extends [void] ? null : Json<T>

// The parameters of definitions are used with their own schemas only.
// oxlint-disable-next-line typescript/no-explicit-any
type Wire<D> = D extends Operation<any, infer O, infer I> | Query<any, infer O, infer I>
  ? { input: Omit<Json<I>, 'search'>; output: Result<O> }
  : never

/** Operations by name. */
export interface NativeOperations {
${operations.join('\n')}
}

/** Queries by name. */
export interface NativeQueries {
${queries.join('\n')}
}
`
}

if (import.meta.main) {
  const text = await generate()
  if (process.argv.includes('--check')) {
    const there = readFileSync(join(root, target), 'utf8')
    if (there !== text) {
      console.log(`${target} is not what the engine defines now.`)
      process.exitCode = 1
    }
  } else writeFileSync(join(root, target), text)
}
