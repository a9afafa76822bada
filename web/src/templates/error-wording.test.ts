import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { glob } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { diskCan, hostCan, storageDomainCan, transferCan, vmCan } from '@rookery/model'
import { wordedValues, wordingKey } from './error-wording.ts'

const root = join(import.meta.dirname, '../../..')
const bundle = JSON.parse(readFileSync(join(root, 'web/src/i18n/en/errors.json'), 'utf8')) as object
const words = (key: string): unknown =>
  key.split('.').reduce<unknown>((at, part) => (at as Record<string, unknown> | undefined)?.[part], bundle)

test('a code has its own wording, else that of its last word; values that were not sent are not asked for', () => {
  assert.equal(wordingKey(words, 'disk.shrink', {}), 'disk.shrink')
  assert.equal(wordingKey(words, 'host.has_vms', { vms: 'web1' }), 'host.has_vms')
  assert.equal(wordingKey(words, 'host.has_vms', {}), 'host.has_vms_plain')
  assert.equal(wordingKey(words, 'vm.add.input', { issues: 'name: too long' }), 'any.input')
  assert.equal(wordingKey(words, 'vm.start.not_allowed', {}), 'any.not_allowed_plain')
  assert.equal(wordingKey(words, 'session', {}), undefined)
  assert.equal(wordingKey(words, 'volume.unheard_of', {}), undefined)
})

test('values become texts: lists, statuses, numbers, and what was said of each', () => {
  const o = { language: 'en', statusWord: (status: string) => status.toUpperCase() }
  const values = wordedValues(
    {
      status: 'up',
      allowedFrom: ['down', 'suspended'],
      vms: ['web1', 'web2'],
      none: [],
      retryAfterSeconds: 1200,
      issues: [
        { path: 'name', message: 'is too long' },
        { path: '', message: 'is no object' },
      ],
      deep: { a: 1 },
    },
    o,
  )
  assert.deepEqual(values, {
    status: 'UP',
    allowedFrom: 'DOWN or SUSPENDED',
    vms: 'web1 and web2',
    retryAfterSeconds: '1,200',
    issues: 'name: is too long and is no object',
  })
  assert.deepEqual(wordedValues([{ host: 'hyper1', reason: 'no route' }], o), { reasons: 'hyper1: no route' })
  assert.deepEqual(wordedValues('text', o), {})
  const refusals = [{ host: 'hyper1', reason: { code: 'pinned' }, sentence: 'is none of them' }]
  assert.deepEqual(wordedValues({ refusals }, o), { refusals: 'hyper1: is none of them' })
  assert.deepEqual(wordedValues({ refusals }, { ...o, reasonWord: () => 'worded' }), { refusals: 'hyper1: worded' })
})

const makers =
  'invalid|unauthenticated|forbidden|notFound|conflict|quotaExceeded|noCapacity|unavailable|unsupported|internal'

/** Helpers that put a code together, by file: what stands before the word that they are given. */
const prefixes: Readonly<Record<string, string>> = {
  'engine/src/compute/vm/check.ts': 'vm.',
  'engine/src/storage/disk/operations.ts': 'disk.',
  'engine/src/storage/domain/operations.ts': 'storage_domain.',
}

async function codesOfEngine(): Promise<Set<string>> {
  const codes = new Set<string>()
  for await (const file of glob('{engine,protocol,model}/src/**/*.ts', { cwd: root })) {
    if (/\.test\.ts$|\/dialects\/ovirt\//.test(file)) continue
    const text = readFileSync(join(root, file), 'utf8')
    for (const [, code] of text.matchAll(new RegExp(`\\b(?:${makers})\\(\\s*'([a-z_.]+)'`, 'g'))) codes.add(code ?? '')
    for (const [, code] of text.matchAll(/\bcode: '([a-z_]+\.[a-z_.]+)'/g)) codes.add(code ?? '')
    for (const [, code] of text.matchAll(/RookeryError\(\s*\w+,\s*'([a-z_.]+)'/g)) codes.add(code ?? '')
    for (const [, word] of text.matchAll(/\b(?:wrong|refuse)\(\s*'([a-z_]+)'/g))
      if (prefixes[file] !== undefined) codes.add(`${prefixes[file]}${word}`)
  }
  for (const rules of [vmCan, hostCan, storageDomainCan, diskCan, transferCan])
    for (const { kind, name } of Object.values(rules)) codes.add(`${kind}.${name}.not_allowed`)
  return codes
}

/** What nobody meets in the console: it has no page that asks for it, or it ends the engine before there is a console. */
const notMet = [
  /^(admin|config|ctx|registry|migration|metrics|invariants|database\.version|job\.step_twice|kind$)/,
  /^(data_center\.(?!no_spm)|network\.|vnic_profile\.|tag\.|role\.|query\.input)/,
  /^(permission\.(beyond_own|not_found)|user\.(name_taken|last_administrator|unknown|not_found))/,
  /^(host\.add\.ssh|storage_domain\.(attached|data_first|export|format|host_missing))/,
  /^storage_domain\.(local|one_iso|path_taken|type)/,
]

test('every code that a person can meet in the console has its wording', async () => {
  const codes = [...(await codesOfEngine())].filter(code => !notMet.some(pattern => pattern.test(code)))
  assert.ok(codes.length > 130, `only ${codes.length} codes were found`)
  // With any value: which ones are sent is the engine's business, and `_plain` or its own sentence stands for the rest.
  const anyValue = new Proxy({}, { get: () => 'x' })
  assert.deepEqual(codes.filter(code => wordingKey(words, code, anyValue) === undefined).sort(), [])
})
