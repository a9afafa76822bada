import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
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

/**
 * The constant that a definition is exported as: the last `const … =` before its name. A job whose name is made by a function
 * of its file is found by the name's quoted text alone.
 */
function constantOf(name: string): { constant: string; file: string } | undefined {
  for (const { file, text } of sources) {
    const at = text.search(new RegExp(`(?:name: |common\\(\\s*|\\(\\s*)'${name.replaceAll('.', '\\.')}'`))
    if (at === -1) continue
    const constant = [...text.slice(0, at).matchAll(/\bconst (\w+)[^=\n]*= /g)].at(-1)?.[1]
    if (constant !== undefined) return { constant, file }
  }
  return undefined
}

const missingTests = (helper: string, names: readonly string[]): string[] =>
  names.flatMap(name => {
    const found = constantOf(name)
    if (found === undefined) return [`${name} (not found as an exported constant)`]
    return called(helper, found.constant) ? [] : [`${name} (${found.constant} in ${found.file})`]
  })

/** Whether a test calls `helper(constant` or `helper(module.constant`. */
const called = (helper: string, constant: string): boolean => {
  const pattern = new RegExp(`\\b${helper}(?:<[^(]*>)?\\(\\s*(?:\\w+\\.)?${constant}\\b`)
  return tests.some(({ text }) => pattern.test(text))
}

test('every operation has a permission test', async () => {
  const { operations } = registry(await allDomains())
  const guarded = [...operations.values()].filter(({ permit }) => permit !== 'signedIn').map(({ name }) => name)
  const missing = missingTests('permissionTest', guarded)
  assert.deepEqual(missing, [], `permissionTest(…) is missing for ${missing.length} of ${guarded.length} operations`)
})

test('every job has a jobSurvives test', async () => {
  const names = [...registry(await allDomains()).jobs.values()].map(({ name }) => name)
  const missing = missingTests('jobSurvives', names)
  assert.deepEqual(missing, [], `jobSurvives(…) is missing for ${missing.length} of ${names.length} jobs`)
})

test('every query that reads what people may see or not starts from `visible`', () => {
  // Beside a visible row, what belongs to it may be looked up in bare tables.
  const bare = /\bfrom (vm|vm_view|disk|host|cluster|data_center|storage_domain|network|vnic_profile|template)\b/
  const wrong = sources
    .filter(({ text }) => text.includes('= query({'))
    .flatMap(({ file, text }) =>
      text
        .split(/(?=const \w+ = query\()/)
        .filter(part => part.includes('= query(') && bare.test(part) && !/visible\(|listRows\(/.test(part))
        .map(part => `${file}: ${part.slice(0, part.indexOf('='))}`),
    )
  assert.deepEqual(wrong, [])
})
