import { chord, type KeyEvent, keysyms, type Press } from './type-text.ts'

const key = (code: keyof typeof keysyms): Press => ({ code, keysym: keysyms[code] })
const f = (n: number): Press => ({ code: `F${n}`, keysym: 0xffbd + n })
const letter = (char: string): Press => ({ code: `Key${char.toUpperCase()}`, keysym: char.codePointAt(0) ?? 0 })

/** Keys that a browser or its system would keep for itself, by what is written on them. */
export const specialKeys: readonly { name: string; events: KeyEvent[] }[] = [
  { name: 'Ctrl+Alt+Del', events: chord(key('ControlLeft'), key('AltLeft'), key('Delete')) },
  { name: 'Ctrl+Alt+Backspace', events: chord(key('ControlLeft'), key('AltLeft'), key('Backspace')) },
  ...[1, 2, 3, 4, 5, 6, 7].map(n => ({
    name: `Ctrl+Alt+F${n}`,
    events: chord(key('ControlLeft'), key('AltLeft'), f(n)),
  })),
  { name: 'Alt+Tab', events: chord(key('AltLeft'), key('Tab')) },
  { name: 'Alt+F4', events: chord(key('AltLeft'), f(4)) },
  { name: 'Ctrl+W', events: chord(key('ControlLeft'), letter('w')) },
  { name: 'Ctrl+Esc', events: chord(key('ControlLeft'), key('Escape')) },
  { name: 'Super', events: chord(key('MetaLeft')) },
  { name: 'Super+L', events: chord(key('MetaLeft'), letter('l')) },
  { name: 'Print Screen', events: chord(key('PrintScreen')) },
  { name: 'Esc', events: chord(key('Escape')) },
  { name: 'Tab', events: chord(key('Tab')) },
]

/** 한/영 of a Korean keyboard. */
export const hangul: readonly KeyEvent[] = chord(key('Lang1'))
/** The right Alt key, which is 한/영 on Korean keyboards of 101 keys. */
export const rightAlt: readonly KeyEvent[] = chord(key('AltRight'))
/** 한자 of a Korean keyboard. */
export const hanja: readonly KeyEvent[] = chord(key('Lang2'))
