import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { before, test } from 'node:test'
import { registry } from '../src/core/registry.ts'
import { allDomains } from '../src/domains.ts'

const engine = join(import.meta.dirname, '..')
let sources: { file: string; text: string }[] = []
let tests: { file: string; text: string }[] = []
before(async () => {
  const files = (await readdir(engine, { recursive: true })).filter(
    file => file.endsWith('.ts') && !file.includes('node_modules'),
  )
  const read = await Promise.all(files.map(async file => ({ file, text: await readFile(join(engine, file), 'utf8') })))
  tests = read.filter(({ file }) => file.endsWith('.test.ts'))
  sources = read.filter(({ file }) => file.startsWith('src/') && !file.endsWith('.test.ts'))
})

/** Names that a file imports from others of ours: name → the module, and the export of it (`*`: all of them). */
function importsOf(file: string, text: string): Map<string, { module: string; name: string }> {
  const found = new Map<string, { module: string; name: string }>()
  for (const [, what = '', from = ''] of text.matchAll(/^import (?!type\b)(\{[^}]*\}|\* as \w+) from '(\.[^']+)'/gm)) {
    const module = join(engine, dirname(file), from)
    const all = /^\* as (\w+)$/.exec(what)?.[1]
    if (all !== undefined) found.set(all, { module, name: '*' })
    for (const [, name = '', alias = name] of what.matchAll(/(?<!type )\b(?!type\b|as\b)(\w+)(?: as (\w+))?/g))
      if (all === undefined) found.set(alias, { module, name })
  }
  return found
}

/**
 * What tests call `helper(…)` with: the very operations and jobs, found by their imports, since an operation and its job may have
 * one name, and many files call theirs `add`. A test that goes through a list of its own is not seen; one line for each is.
 */
async function tested(helper: string): Promise<Set<unknown>> {
  const found = new Set<unknown>()
  for (const { file, text } of tests) {
    const calls = [...text.matchAll(new RegExp(`\\b${helper}(?:<[^(]*>)?\\(\\s*(\\w+)(?:\\.(\\w+))?`, 'g'))]
    if (calls.length === 0) continue
    const imports = importsOf(file, text)
    for (const [, first = '', member] of calls) {
      const source = imports.get(first)
      if (source === undefined) continue
      const name = source.name === '*' ? member : source.name
      const exports = (await import(source.module)) as Record<string, unknown>
      if (name !== undefined) found.add(exports[name])
    }
  }
  return found
}

test('every operation has a permission test', async () => {
  const guarded = [...registry(await allDomains()).operations.values()].filter(({ permit }) => permit !== 'signedIn')
  const done = await tested('permissionTest')
  const missing = guarded.filter(each => !done.has(each)).map(({ name }) => name)
  assert.deepEqual(missing, [], `permissionTest(…) is missing for ${missing.length} of ${guarded.length} operations`)
})

test('every job has a jobSurvives test', async () => {
  const jobs = [...registry(await allDomains()).jobs.values()]
  const done = await tested('jobSurvives')
  const missing = jobs.filter(each => !done.has(each)).map(({ name }) => name)
  assert.deepEqual(missing, [], `jobSurvives(…) is missing for ${missing.length} of ${jobs.length} jobs`)
})

test('every query that reads what people may see or not starts from `visible`', () => {
  // Beside a visible row, what belongs to it may be looked up in bare tables.
  const bare = /\bfrom (vm|vm_view|disk|host|cluster|data_center|storage_domain|network|vnic_profile|template)\b/
  const wrong = sources
    .filter(({ text }) => text.includes('= query({'))
    .flatMap(({ file, text }) =>
      text
        .split(/(?=const \w+ = query\()/)
        .filter(
          part =>
            part.includes('= query(') &&
            bare.test(part) &&
            !/visible\(|(?:list|remembered)Rows(?:<[^(]*>)?\(/.test(part),
        )
        .map(part => `${file}: ${part.slice(0, part.indexOf('='))}`),
    )
  assert.deepEqual(wrong, [])
})
