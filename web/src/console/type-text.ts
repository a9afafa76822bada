/** One key of the keyboard that is to be pressed and let go; `code` names its place, so that scancodes are true. */
export interface Press {
  keysym: number
  code: string
  shift?: boolean
}

/** Keysyms of keys that are no characters. */
export const keysyms = {
  Escape: 0xff1b,
  Tab: 0xff09,
  Enter: 0xff0d,
  Backspace: 0xff08,
  Delete: 0xffff,
  ShiftLeft: 0xffe1,
  ControlLeft: 0xffe3,
  AltLeft: 0xffe9,
  AltRight: 0xffea,
  MetaLeft: 0xffeb,
  PrintScreen: 0xff61,
  /** 한/영 */
  Lang1: 0xff31,
  /** 한자 */
  Lang2: 0xff34,
} as const

// A US keyboard: what each key gives without and with Shift.
const rows: readonly (readonly [code: string, plain: string, shifted: string])[] = [
  ['Backquote', '`', '~'],
  ...[...'1234567890'].map((digit, i) => [`Digit${digit}`, digit, '!@#$%^&*()'.charAt(i)] as const),
  ['Minus', '-', '_'],
  ['Equal', '=', '+'],
  ['BracketLeft', '[', '{'],
  ['BracketRight', ']', '}'],
  ['Backslash', '\\', '|'],
  ['Semicolon', ';', ':'],
  ['Quote', "'", '"'],
  ['Comma', ',', '<'],
  ['Period', '.', '>'],
  ['Slash', '/', '?'],
  ['Space', ' ', ' '],
  ...[...'abcdefghijklmnopqrstuvwxyz'].map(
    letter => [`Key${letter.toUpperCase()}`, letter, letter.toUpperCase()] as const,
  ),
]
const keyOf = new Map<string, Press>()
for (const [code, plain, shifted] of rows) {
  keyOf.set(shifted, { code, keysym: shifted.codePointAt(0) ?? 0, shift: true })
  keyOf.set(plain, { code, keysym: plain.codePointAt(0) ?? 0 })
}
keyOf.set('\n', { code: 'Enter', keysym: keysyms.Enter })
keyOf.set('\t', { code: 'Tab', keysym: keysyms.Tab })

// The two-set Korean layout (두벌식): which letters of a US keyboard make each part of a syllable.
const initials = 'r R s e E f a q Q t T d w W c z x v g'.split(' ')
const vowels = 'k o i O j p u P h hk ho hl y n nj np nl b m ml l'.split(' ')
const finals = ['', ...'r R rt s sw sg e f fr fa fq ft fx fv fg a q qt t T d w c z x v g'.split(' ')]
/** Letters that stand alone, from U+3131 on. */
const lone = 'r R rt s sw sg e E f fr fa fq ft fx fv fg a q Q qt t T d w W c z x v g'.split(' ').concat(vowels)

/** The letters that a Korean input method turns into this character; undefined for other characters. */
function koreanLetters(point: number): string | undefined {
  const syllable = point - 0xac00
  if (syllable >= 0 && syllable < 11_172)
    return (
      (initials[Math.floor(syllable / 588)] ?? '') +
      (vowels[Math.floor((syllable % 588) / 28)] ?? '') +
      (finals[syllable % 28] ?? '')
    )
  return lone[point - 0x3131]
}

/**
 * The keys that type a text on a guest with a US or Korean layout. Korean parts are typed by the two-set layout between two presses
 * of 한/영, for a guest that has a Korean input method. `untypable` lists what no key gives, each once; nothing is sent for it.
 */
export function keysOfText(text: string): { presses: Press[]; untypable: string[]; korean: boolean } {
  const presses: Press[] = []
  const untypable = new Set<string>()
  let korean = false
  let inKorean = false
  const toggle = () => {
    presses.push({ code: 'Lang1', keysym: keysyms.Lang1 })
    inKorean = !inKorean
  }
  for (const char of text.normalize('NFC').replaceAll(/\r\n?/g, '\n')) {
    const letters = koreanLetters(char.codePointAt(0) ?? 0)
    if (letters !== undefined) {
      korean = true
      if (!inKorean) toggle()
      for (const letter of letters) presses.push(keyOf.get(letter) as Press)
      continue
    }
    const press = keyOf.get(char)
    if (press === undefined) {
      untypable.add(char)
      continue
    }
    // Latin letters need the other mode; digits, blanks and signs are the same in both.
    if (inKorean && /[A-Za-z]/.test(char)) toggle()
    presses.push(press)
  }
  if (inKorean) toggle()
  return { presses, untypable: [...untypable], korean }
}

/** One event on the wire of a keyboard. */
export interface KeyEvent {
  keysym: number
  code: string
  down: boolean
}

/** A press as events, with Shift around it where it needs it. */
export function eventsOf(press: Press): KeyEvent[] {
  const { keysym, code } = press
  const shift = { keysym: keysyms.ShiftLeft, code: 'ShiftLeft' }
  const key = [
    { keysym, code, down: true },
    { keysym, code, down: false },
  ]
  return press.shift === true ? [{ ...shift, down: true }, ...key, { ...shift, down: false }] : key
}

/** Keys held together, as `Ctrl+Alt+Delete` is: pressed in order, let go in the other. */
export function chord(...keys: readonly Press[]): KeyEvent[] {
  const down = keys.map(({ keysym, code }) => ({ keysym, code, down: true }))
  return [...down, ...down.toReversed().map(event => ({ ...event, down: false }))]
}
