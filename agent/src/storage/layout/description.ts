/** The names that a person gave a disk, as the `DESCRIPTION` of its volume keeps them. */
export interface DiskNames {
  alias: string
  description: string
}

/** Longest `DESCRIPTION` in bytes, so that a volume's metadata fits its 512. */
export const descriptionLimit = 210

// biome-ignore lint/suspicious/noControlCharactersInRegex: the question is exactly whether the text is ASCII
const isAscii = (text: string): boolean => /^[\x00-\x7f]*$/.test(text)
const toHex = (text: string): string => Buffer.from(text, 'utf16le').toString('hex')
const fromHex = (hex: string): string => Buffer.from(hex, 'hex').toString('utf16le')

/**
 * `{"DiskAlias":"…","DiskDescription":"…"}`. Text outside ASCII is written as hex of UTF-16LE and `Enc` says which of the two:
 * `1` the alias, `2` the description, `3` both. What exceeds the limit is cut, the description before the alias.
 */
export function encodeDiskNames(names: DiskNames): string {
  let alias = [...names.alias]
  let description = [...names.description]
  for (;;) {
    const text = encode(alias.join(''), description.join(''))
    const excess = text.length - descriptionLimit
    if (excess <= 0) return text
    // One character takes at most 12 bytes here (an escaped surrogate pair), so this many can go without cutting too much.
    const cut = Math.max(1, Math.floor(excess / 12))
    if (description.length > 0) description = description.slice(0, -cut)
    else alias = alias.slice(0, -cut)
  }
}

function encode(alias: string, description: string): string {
  const enc = (isAscii(alias) ? 0 : 1) + (isAscii(description) ? 0 : 2)
  return JSON.stringify({
    DiskAlias: enc & 1 ? toHex(alias) : alias,
    DiskDescription: enc & 2 ? toHex(description) : description,
    ...(enc === 0 ? {} : { Enc: String(enc) }),
  })
}

/** The names in a `DESCRIPTION`; null when it is not the JSON of a disk (snapshots' leaves are empty, OVF stores differ). */
export function decodeDiskNames(text: string): DiskNames | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // Free text is allowed in this field; it is simply not ours.
    return null
  }
  if (typeof value !== 'object' || value === null || !('DiskAlias' in value) || typeof value.DiskAlias !== 'string')
    return null
  const description =
    'DiskDescription' in value && typeof value.DiskDescription === 'string' ? value.DiskDescription : ''
  const enc = 'Enc' in value ? Number(value.Enc) : 0
  return {
    alias: enc & 1 ? fromHex(value.DiskAlias) : value.DiskAlias,
    description: enc & 2 ? fromHex(description) : description,
  }
}
