import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { languages } from './languages.ts'

const folder = import.meta.dirname

/** Keys with their sentences, nested keys joined by dots. */
function sentences(bundle: object, under = ''): Map<string, string> {
  const found = new Map<string, string>()
  for (const [key, value] of Object.entries(bundle)) {
    if (typeof value === 'string') found.set(`${under}${key}`, value)
    else for (const [inner, text] of sentences(value as object, `${under}${key}.`)) found.set(inner, text)
  }
  return found
}

const areas = readdirSync(join(folder, 'en')).filter(file => file.endsWith('.json'))
const read = (language: string, area: string) =>
  sentences(JSON.parse(readFileSync(join(folder, language, area), 'utf8')) as object)

/** Korean has one plural form, English two: a key without its plural ending. */
const base = (key: string) => key.replace(/_(one|other)$/, '')
const places = (text: string) =>
  [...new Set(text.match(/\{\{\s*[\w.]+/g) ?? [])].map(p => p.replace(/\{\{\s*/, '')).sort()
const tags = (text: string) => (text.match(/<\/?\w+\/?>/g) ?? []).sort()

test('both languages have the same areas', () => {
  for (const language of languages)
    assert.deepEqual(
      readdirSync(join(folder, language))
        .filter(f => f.endsWith('.json'))
        .sort(),
      [...areas].sort(),
    )
})

test('every area is loaded', () => {
  for (const language of languages) {
    const index = readFileSync(join(folder, language, 'index.ts'), 'utf8')
    for (const area of areas) assert.ok(index.includes(`./${area}`), `${language}/index.ts does not load ${area}`)
  }
})

for (const area of areas)
  test(`${area}: both languages have the same keys, places and tags, and no empty sentence`, () => {
    const en = read('en', area)
    const ko = read('ko', area)
    assert.deepEqual([...new Set([...ko.keys()].map(base))].sort(), [...new Set([...en.keys()].map(base))].sort())
    for (const [key, text] of en) {
      assert.ok(text.trim() !== '', `en ${key} is empty`)
      const other = ko.get(key) ?? ko.get(`${base(key)}_other`) ?? ''
      assert.ok(other.trim() !== '', `ko ${key} is empty`)
      // "1 VM" may be written without its number.
      if (!key.endsWith('_one')) assert.deepEqual(places(other), places(text), `places of ${key}`)
      assert.deepEqual(tags(other), tags(text), `tags of ${key}`)
    }
    for (const key of ko.keys()) assert.ok(!key.endsWith('_one'), `ko ${key}: Korean has one form, _other`)
  })

for (const area of areas)
  test(`${area}: in Korean no particle that depends on the last sound follows a variable`, () => {
    for (const [key, text] of read('ko', area))
      assert.ok(
        !/\}\}(<\/\w+>)?["”’»]?(은|는|이|가|을|를|과|와|로|으로)(?![가-힣])/u.test(text),
        `${key}: "${text}": put the kind after the name, or use 에, 의, 부터`,
      )
  })

test('no sentence begs, apologizes or shouts', () => {
  for (const area of areas)
    for (const [key, text] of read('en', area))
      assert.ok(!/\b(please|sorry|oops)\b|!(?!=)/i.test(text), `${area} ${key}: "${text}"`)
})
