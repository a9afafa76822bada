/**
 * Watches the keyboard of a console for its way out: Ctrl and Alt pressed together and let go with no other key between. It
 * takes effect when both are up, so that the guest is not left with a key held down.
 */
export class WayOut {
  readonly #held = new Set<string>()
  #chord = false

  down(code: string): void {
    this.#held.add(code)
    const kinds = [...this.#held].map(kindOf)
    if (kinds.includes('other')) this.#chord = false
    else if (kinds.includes('ctrl') && kinds.includes('alt')) this.#chord = true
  }

  /** Whether this ends the chord: the keyboard is to be given back. */
  up(code: string): boolean {
    this.#held.delete(code)
    if (this.#held.size > 0 || !this.#chord) return false
    this.#chord = false
    return true
  }

  /** The focus went elsewhere: what was held is not known any more. */
  forget(): void {
    this.#held.clear()
    this.#chord = false
  }
}

const kindOf = (code: string): 'ctrl' | 'alt' | 'other' =>
  /^Control(Left|Right)$/.test(code) ? 'ctrl' : /^Alt(Left|Right)$/.test(code) ? 'alt' : 'other'
