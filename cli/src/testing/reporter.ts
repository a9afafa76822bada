import { readFileSync, writeSync } from 'node:fs'
import type { TestEvent } from 'node:test/reporters'

/** A line that the reporter writes for the runner to read. */
export interface Heard {
  readonly kind: 'pass' | 'fail' | 'skip' | 'start' | 'end' | 'said'
  readonly name: string
  /** How long it took, milliseconds; of the end of a file the processor time of its process and of those it waited for. */
  readonly ms?: number
  /** Why it failed or was skipped; what it said. */
  readonly why?: string
}

/** The descriptor that the runner reads: beside what the file itself prints. */
export const RESULTS = 3

/**
 * A reporter for one test file: one JSON line per result, with the names of the suites around it. It writes them itself, at once: what
 * a reporter yields goes through a stream, which a file that ends abruptly would lose.
 */
// oxlint-disable-next-line require-yield -- see above
export default async function* report(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const around: string[] = []
  for await (const event of source) {
    const heard = hear(event, around)
    if (heard) writeSync(RESULTS, `${JSON.stringify(heard)}\n`)
  }
  writeSync(RESULTS, `${JSON.stringify({ kind: 'end', name: 'the file', ms: processorMs() } satisfies Heard)}\n`)
}

/** Processor time of this process and of the children that it has waited for (proc(5): fields 14 to 17, in hundredths of a second). */
function processorMs(): number {
  const stat = readFileSync('/proc/self/stat', 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks) * 10, 0)
}

/** What node:test says of itself at the end of a file. */
const ownWords = /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) [\d.]+$/

function hear(event: TestEvent, around: string[]): Heard | undefined {
  if (event.type === 'test:diagnostic')
    return ownWords.test(event.data.message) ? undefined : { kind: 'said', name: '', why: event.data.message }
  if (event.type === 'test:dequeue') return { kind: 'start', name: event.data.name }
  if (event.type === 'test:start') {
    around.length = event.data.nesting
    around.push(event.data.name)
    return undefined
  }
  if (event.type !== 'test:pass' && event.type !== 'test:fail') return undefined
  const { nesting, details, skip, todo } = event.data
  const name = [...around.slice(0, nesting), event.data.name].join(' › ')
  const result = { name, ms: Math.round(details.duration_ms) }
  if (skip !== undefined && skip !== false) return { ...result, kind: 'skip', why: reason(skip) }
  if (todo !== undefined && todo !== false) return { ...result, kind: 'skip', why: `to do: ${reason(todo)}` }
  if (event.type === 'test:fail') {
    const error = event.data.details.error
    // A suite that fails only because a test in it did says nothing new.
    if (/subtests? failed/.test(String(error?.message))) return undefined
    return { ...result, kind: 'fail', why: describeError(error) }
  }
  return details.type === 'suite' ? undefined : { ...result, kind: 'pass' }
}

const reason = (value: string | boolean) => (typeof value === 'string' && value ? value : 'no reason given')

/** The error below node:test's own wrapper, with its stack and causes. */
export function describeError(error: unknown): string {
  const inner = error instanceof Error && 'cause' in error && error.cause !== undefined ? error.cause : error
  const lines: string[] = []
  for (let e: unknown = inner, depth = 0; e !== undefined && depth < 4; depth++) {
    lines.push((depth ? 'caused by: ' : '') + (e instanceof Error ? (e.stack ?? e.message) : String(e)))
    e = e instanceof Error ? e.cause : undefined
  }
  return lines.join('\n')
}
