/** Lines `KEY=VALUE` as both kinds of metadata files hold them. Unknown keys are kept; the order of keys is theirs in the file. */
export type KeyValues = Readonly<Record<string, string>>

/**
 * Parses lines `KEY=VALUE`; lines without `=` are skipped, the value begins after the first `=`. Stops at a line `EOF`.
 * Files of old versions are padded with NUL bytes, which are cut.
 */
export function parseKeyValues(text: string): Record<string, string> {
  const values: Record<string, string> = Object.create(null) as Record<string, string>
  for (const line of linesOf(text)) {
    if (line === 'EOF') break
    const at = line.indexOf('=')
    if (at > 0) values[line.slice(0, at)] = line.slice(at + 1)
  }
  return values
}

/** The lines of a metadata file without the NUL padding and without empty ones. */
export function linesOf(text: string): string[] {
  const end = text.indexOf('\0')
  return (end === -1 ? text : text.slice(0, end))
    .split('\n')
    .map(line => line.trimEnd())
    .filter(line => line !== '')
}

/** `KEY=VALUE` lines sorted by key, without a closing line. Throws RangeError for what a line cannot hold. */
export function formatKeyValues(values: KeyValues): string[] {
  return Object.keys(values)
    .sort()
    .map(key => {
      // Readers cut white space at the end of a line, and the checksum is over what they read.
      const value = (values[key] ?? '').trimEnd()
      if (!/^[A-Z_][A-Z0-9_]*$/.test(key)) throw new RangeError(`"${key}" is no metadata key`)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that would break the file
      if (/[\n\r\0]/.test(value)) throw new RangeError(`the value of ${key} holds a line break or NUL`)
      return `${key}=${value}`
    })
}
