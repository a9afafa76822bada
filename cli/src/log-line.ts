/** Log lines of our programs (pino's JSON) and of others, as people read them. */

const levels: Record<number, string> = { 10: 'trace', 20: 'debug', 30: 'info', 40: 'warn', 50: 'error', 60: 'fatal' }

type Fields = Record<string, unknown>

/** A pino line as a person reads it; any other line as it is. Control characters are shown, not sent to the terminal. */
export function readable(text: string): string {
  const fields = parse(text)
  const at = new Date(typeof fields?.time === 'number' || typeof fields?.time === 'string' ? fields.time : Number.NaN)
  if (!fields || Number.isNaN(at.getTime())) return plain(text)
  const { time: _time, level, msg, pid: _pid, hostname: _hostname, name: _name, v: _v, ...rest } = fields
  const extra = Object.keys(rest).length ? ` ${JSON.stringify(rest)}` : ''
  const word = typeof level === 'number' ? (levels[level] ?? String(level)) : String(level ?? '')
  return plain(`${at.toISOString()} ${word} ${String(msg ?? '')}${extra}`)
}

/** What a program said last, for a message that it ended: only the sentences, at most `count`, none twice, none of ours. */
export function lastWords(text: string, count = 3): string {
  const sentences = text
    .split('\n')
    .filter(line => line.trim() !== '' && !/^\S+ supervisor: /.test(line))
    .map(sentence)
    .map(line => plain(line.length > 300 ? `${line.slice(0, 300)}…` : line))
  return [...new Set(sentences)].slice(-count).join('\n')
}

function sentence(line: string): string {
  const fields = parse(line)
  if (!fields) return line
  const below = (fields.err as Fields | undefined)?.message
  return [fields.msg, below === fields.msg ? undefined : below].filter(x => typeof x === 'string').join(': ')
}

function parse(text: string): Fields | undefined {
  if (!text.startsWith('{')) return undefined
  try {
    return JSON.parse(text) as Fields
  } catch {
    return undefined // looks like JSON and is not
  }
}

const plain = (s: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  s.replace(/[\x00-\x08\x0b-\x1f\x7f]/g, c => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`)
