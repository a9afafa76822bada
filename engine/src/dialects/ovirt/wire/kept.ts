import type { WireObject } from './wire-object.ts'

/** The encoded forms of an object that does not change, by name: `xml vm`, `json`. */
const texts = new WeakMap<WireObject, Map<string, Buffer>>()

/**
 * A translation that is done once for each row: the same row object gives the same frozen wire object, and that one is encoded once
 * for each language. Rows must be remembered ones (`RememberedRows`), which are the same object only as long as nothing of them
 * changed; both forms go with the row. Copy the object before you put something into it.
 */
export function once<R extends object>(toWire: (row: R) => WireObject): (row: R) => WireObject {
  const objects = new WeakMap<R, WireObject>()
  return row => {
    const known = objects.get(row)
    if (known !== undefined) return known
    const object = Object.freeze(toWire(row))
    // A row that somebody made by himself lives as long as its request: nothing is gained by keeping its text.
    if (Object.isFrozen(row)) {
      objects.set(row, object)
      texts.set(object, new Map())
    }
    return object
  }
}

/** The encoded form of an object: kept if it was made by {@link once}, else made anew. */
export function encodedOnce(object: WireObject, form: string, encode: () => string): Buffer {
  const kept = texts.get(object)
  const known = kept?.get(form)
  if (known !== undefined) return known
  const bytes = Buffer.from(encode())
  kept?.set(form, bytes)
  return bytes
}

/** Whether all of these were made by {@link once}; then joining their bytes is all there is to do. */
export const areKept = (objects: readonly WireObject[]): boolean =>
  objects.length > 0 && objects.every(object => texts.has(object))
