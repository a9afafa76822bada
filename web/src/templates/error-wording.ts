/** Reads a text of the area `errors` by its key. */
type Words = (key: string) => unknown

const places = (text: string): string[] => [...text.matchAll(/\{\{\s*(\w+)/g)].flatMap(found => found[1] ?? [])

/**
 * The key of the wording for an error's code: its own, else that of its last word among `any` (`vm.add.input` is worded as every
 * `input`). A wording counts only when every value that it names was sent; its `_plain` variant names none.
 *
 * @returns undefined when there is no wording; the engine's own sentence stands then
 */
export function wordingKey(words: Words, code: string, values: Readonly<Record<string, unknown>>): string | undefined {
  const last = code.slice(code.lastIndexOf('.') + 1)
  return [code, `${code}_plain`, `any.${last}`, `any.${last}_plain`].find(key => {
    const text = words(key)
    // A code that is the beginning of others ("session") names a group, not a sentence.
    return typeof text === 'string' && places(text).every(place => values[place] !== undefined)
  })
}

/** Words a reason that is data, such as why a host takes no VM. */
type ReasonWord = (reason: unknown) => string | undefined

/** One entry of a list in an error's detail, as people read it: a name, or where and what. */
function entry(value: unknown, reasonWord: ReasonWord | undefined): string {
  if (typeof value !== 'object' || value === null) return String(value)
  const { path, host, name, message, reason, sentence } = value as Record<string, unknown>
  const where = [path, host, name].find(part => typeof part === 'string' && part !== '')
  const worded = typeof reason === 'object' && reason !== null ? reasonWord?.(reason) : undefined
  const what = [worded, message, reason, sentence].find(part => typeof part === 'string')
  return [where, what].filter(part => part !== undefined).join(': ')
}

/** The named values of an error's detail as texts: lists in the language's way, statuses by their words, numbers grouped. */
export function wordedValues(
  detail: unknown,
  o: { language: string; statusWord: (status: string) => string; reasonWord?: ReasonWord },
): Record<string, string> {
  if (Array.isArray(detail)) return wordedValues({ reasons: detail }, o)
  if (typeof detail !== 'object' || detail === null) return {}
  const text = (key: string, value: unknown): string | undefined => {
    if (key === 'status' && typeof value === 'string') return o.statusWord(value)
    if (key === 'allowedFrom' && Array.isArray(value))
      return new Intl.ListFormat(o.language, { type: 'disjunction' }).format(
        value.map(status => o.statusWord(String(status))),
      )
    if (Array.isArray(value))
      return value.length === 0
        ? undefined
        : new Intl.ListFormat(o.language).format(value.map(each => entry(each, o.reasonWord)))
    if (typeof value === 'number') return new Intl.NumberFormat(o.language).format(value)
    return typeof value === 'string' ? value : undefined
  }
  return Object.fromEntries(
    Object.entries(detail).flatMap(([key, value]) => {
      const worded = text(key, value)
      return worded === undefined ? [] : [[key, worded]]
    }),
  )
}
