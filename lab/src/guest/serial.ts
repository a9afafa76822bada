import type { Readable } from 'node:stream'

/** What a stream has said, and how far it was looked at. */
interface Transcript {
  text: string
  /** Where the next search begins. */
  at: number
  ended: boolean
  /** Called when there is more, or an end. */
  wake: Set<() => void>
}

const transcripts = new WeakMap<Readable, Transcript>()

/** Begins to keep what the stream says; needed before the first expectation only if that comes later than the data. */
export function listen(stream: Readable): void {
  transcriptOf(stream)
}

function transcriptOf(stream: Readable): Transcript {
  const known = transcripts.get(stream)
  if (known !== undefined) return known
  const transcript: Transcript = { text: '', at: 0, ended: stream.readableEnded || stream.destroyed, wake: new Set() }
  transcripts.set(stream, transcript)
  const wake = (): void => {
    for (const each of transcript.wake) each()
  }
  const end = (): void => {
    transcript.ended = true
    wake()
  }
  stream.on('data', (chunk: Buffer | string) => {
    // A serial line is ASCII here; latin1 keeps every byte whatever the chunks.
    transcript.text += typeof chunk === 'string' ? chunk : chunk.toString('latin1')
    wake()
  })
  stream.once('end', end)
  stream.once('close', end)
  stream.once('error', end)
  return transcript
}

/** All that the stream has said since it was first listened to. */
export const serialText = (stream: Readable): string => transcriptOf(stream).text

/**
 * Waits until the stream says something that matches, behind the last match, and gives the match. Fails after `deadlineMs`
 * or when the stream ends, with the end of what was said. Lines end in CR LF on a serial port: `$` needs the m flag and `.`
 * takes the CR.
 */
export async function expectSerial(
  stream: Readable,
  pattern: RegExp | string,
  deadlineMs = 180_000,
): Promise<RegExpExecArray> {
  const transcript = transcriptOf(stream)
  const expression =
    typeof pattern === 'string' ? new RegExp(pattern.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')) : withoutState(pattern)
  const look = (): RegExpExecArray | undefined => {
    const match = expression.exec(transcript.text.slice(transcript.at))
    if (match === null) return undefined
    transcript.at += match.index + match[0].length
    return match
  }
  const first = look()
  if (first !== undefined) return first
  return await new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      clearTimeout(timer)
      transcript.wake.delete(wake)
      act()
    }
    const fail = (why: string): void =>
      settle(() =>
        reject(new Error(`${why} before it said ${pattern}; the end of it:\n${transcript.text.slice(-1500)}`)),
      )
    const wake = (): void => {
      const match = look()
      if (match !== undefined) settle(() => resolve(match))
      else if (transcript.ended) fail('the stream ended')
    }
    const timer = setTimeout(() => fail(`${deadlineMs / 1000} s passed`), deadlineMs)
    transcript.wake.add(wake)
    if (transcript.ended) wake()
  })
}

/** A pattern with the g or y flag would search from where it stopped the last time. */
const withoutState = (pattern: RegExp): RegExp => new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''))

/** The words `name=value` of a marker line of the tiny guest. */
export function markerFields(line: string): Record<string, string> {
  const fields: Record<string, string> = {}
  for (const [, name, value] of line.matchAll(/(\S+?)=(\S*)/g)) {
    if (name !== undefined && value !== undefined) fields[name] = value
  }
  return fields
}

/** Waits for a marker of the tiny guest, the line `ROOKERY-GUEST <word> …`, and gives its fields. */
export async function expectMarker(
  stream: Readable,
  word: string,
  deadlineMs?: number,
): Promise<Record<string, string>> {
  const [line] = await expectSerial(stream, new RegExp(`ROOKERY-GUEST ${word}\\b[^\\r\\n]*[\\r\\n]`), deadlineMs)
  return markerFields(line)
}
