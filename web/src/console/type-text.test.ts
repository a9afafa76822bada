import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chord, eventsOf, keysOfText, keysyms } from './type-text.ts'

/** Keys as text: `^` before a key with Shift, the name of a key that is no character in brackets. */
const typed = (text: string) =>
  keysOfText(text)
    .presses.map(({ code, shift }) => {
      const name = code.replace(/^(Key|Digit)/, '')
      return `${shift === true ? '^' : ''}${name.length === 1 ? name.toLowerCase() : `[${name}]`}`
    })
    .join('')

test('every printable key of a US keyboard is typed by its own place (U19)', () => {
  for (let point = 0x20; point < 0x7f; point++) {
    const char = String.fromCodePoint(point)
    const { presses, untypable } = keysOfText(char)
    assert.deepEqual(untypable, [], char)
    assert.equal(presses[0]?.keysym, point)
    assert.equal(presses[0]?.shift === true, /[A-Z~!@#$%^&*()_+{}|:"<>?]/.test(char), char)
  }
  assert.equal(typed('Az 1!\n\t'), '^az[Space]1^1[Enter][Tab]')
})

test('lines of every system end with Enter', () => {
  assert.equal(typed('a\r\nb\rc'), 'a[Enter]b[Enter]c')
})

test('Korean is typed by the two-set layout between two presses of 한/영', () => {
  assert.equal(typed('한글'), '[Lang1]gksrmf[Lang1]')
  assert.equal(typed('값 2개, ok'), '[Lang1]rkqt[Space]2ro[Comma][Space][Lang1]ok')
  assert.equal(typed('쌍와ㅋ'), '[Lang1]^tkddhkz[Lang1]')
  assert.equal(typed('각'), '[Lang1]rkr[Lang1]', 'parts that come alone are put together first')
  assert.equal(keysOfText('abc').korean, false)
})

test('what no key gives is named once and not typed', () => {
  assert.deepEqual(keysOfText('a😀é😀').untypable, ['😀', 'é'])
  assert.equal(typed('a😀b'), 'ab')
})

test('Shift is held around its key', () => {
  const [press] = keysOfText('A').presses
  assert.deepEqual(
    eventsOf(press as NonNullable<typeof press>).map(e => `${e.code}${e.down ? '↓' : '↑'}`),
    ['ShiftLeft↓', 'KeyA↓', 'KeyA↑', 'ShiftLeft↑'],
  )
})

test('a chord lets go in the other order', () => {
  const keys = [
    { keysym: keysyms.ControlLeft, code: 'ControlLeft' },
    { keysym: keysyms.AltLeft, code: 'AltLeft' },
    { keysym: keysyms.Delete, code: 'Delete' },
  ]
  assert.equal(
    chord(...keys)
      .map(e => `${e.code}${e.down ? '↓' : '↑'}`)
      .join(' '),
    'ControlLeft↓ AltLeft↓ Delete↓ Delete↑ AltLeft↑ ControlLeft↑',
  )
})
