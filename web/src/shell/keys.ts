/** What of a keyboard event says which key it was. */
export interface KeyPress {
  key: string
  code: string
  isComposing: boolean
  shiftKey: boolean
  ctrlKey: boolean
  altKey: boolean
  metaKey: boolean
}

/**
 * The Latin key that was meant, in lower case for letters, or undefined while a syllable is being composed. A Korean layout gives ㅎ
 * where g was pressed; then the place of the key says which (`event.code`).
 */
export function keyOf(event: KeyPress): string | undefined {
  if (event.isComposing || event.key === 'Process') return undefined
  if (event.key.length === 1 && event.key.charCodeAt(0) < 128) return event.key.toLowerCase()
  const letter = /^Key([A-Z])$/.exec(event.code)?.[1]
  if (letter !== undefined) return letter.toLowerCase()
  const digit = /^Digit(\d)$/.exec(event.code)?.[1]
  if (digit !== undefined && event.key.length === 1) return digit
  return event.key
}

/** The pages that `g` and a letter lead to. */
export const goKeys = {
  d: 'dashboard',
  v: 'vms',
  h: 'hosts',
  c: 'clusters',
  s: 'domains',
  i: 'images',
  e: 'events',
  a: 'tasks',
} as const

/** Whether single keys belong to what has the focus (a field, a console, a menu), or are switched off. */
export function typesInto(target: EventTarget | null): boolean {
  if (document.documentElement.dataset['keys'] === 'off') return true
  if (!(target instanceof HTMLElement)) return false
  if (target.isContentEditable || target.closest('[data-takes-keys], [role="menu"], [role="dialog"]') !== null)
    return true
  if (target instanceof HTMLInputElement) return !['checkbox', 'radio', 'button', 'submit'].includes(target.type)
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement
}
