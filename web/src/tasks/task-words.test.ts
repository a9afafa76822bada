import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { missingPlace } from './task-words.ts'

const root = join(import.meta.dirname, '..', '..', '..')

test('every kind of task of the engine has its words', () => {
  const words = JSON.parse(readFileSync(join(root, 'web/src/i18n/ko/tasks.json'), 'utf8')) as {
    kind: Record<string, Record<string, string>>
  }
  const files = globSync('engine/src/**/*.ts', { cwd: root }).filter(file => !file.includes('.test.'))
  const kinds = files.flatMap(file =>
    [...readFileSync(join(root, file), 'utf8').matchAll(/= job\(\s*\{\s*name: '([\w.]+)'/g)].map(
      match => match[1] as string,
    ),
  )
  assert.ok(kinds.length > 20)
  for (const kind of kinds) {
    const [group = '', verb = ''] = kind.split('.')
    assert.ok(words.kind[group]?.[verb] !== undefined, `${kind} has no words`)
  }
})

test('a place without a value is found', () => {
  assert.equal(missingPlace('{{vm}} on {{host}}', { vm: 'web1', host: undefined }), true)
  assert.equal(missingPlace('{{vm}}', { vm: 'web1' }), false)
})
