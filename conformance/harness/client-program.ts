import type { Report } from './report.ts'
import { lastWords, runProgram } from './run-program.ts'

/** A question of a client program to this side, and what answers it. */
export type Answerers = Readonly<Record<string, (question: Readonly<Record<string, unknown>>) => Promise<unknown>>>

/**
 * Runs a client program that reports its checks as JSON lines on standard output:
 *
 * - `{"check": name, "ok": true}`, `{"check": name, "ok": false, "why": text}`, `{"check": name, "skip": reason}`
 * - `{"ask": kind, ...}`: a question; one JSON line on its standard input answers, `{"ok": value}` or `{"error": text}`
 * - `{"say": text}`
 *
 * Other lines are what the client itself prints. A program that does not end with 0 is a failed check of its own.
 */
export async function runClient(
  report: Report,
  argv: readonly [string, ...string[]],
  o: { env: NodeJS.ProcessEnv; cwd: string; timeoutMs?: number; answerers?: Answerers },
): Promise<void> {
  const title =
    argv
      .findLast(word => word.endsWith('.py'))
      ?.split('/')
      .at(-1) ?? argv[0]
  let checks = 0
  const ended = await runProgram(argv, {
    ...o,
    timeoutMs: o.timeoutMs ?? 900_000,
    onLine: async line => {
      const said = parse(line)
      if (said === undefined) return undefined
      if (typeof said['ask'] === 'string') return JSON.stringify(await answer(o.answerers ?? {}, said['ask'], said))
      if (typeof said['say'] === 'string') report.say(`  ${said['say']}`)
      if (typeof said['check'] !== 'string') return undefined
      checks += 1
      if (typeof said['skip'] === 'string') report.skip(said['check'], said['skip'])
      else if (said['ok'] === true) report.pass(said['check'])
      else report.fail(said['check'], String(said['why'] ?? 'no reason given'))
      return undefined
    },
  })
  if (ended.code !== 0)
    report.fail(
      `${title} runs to its end`,
      `it ended with ${ended.code ?? 'a signal (time limit)'}:\n${lastWords(ended.stderr)}`,
    )
  else if (checks === 0) report.fail(`${title} checks something`, 'it printed no check')
}

function parse(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? { ...value } : undefined
  } catch {
    return undefined // a line of the client's own that only looks like one of ours
  }
}

async function answer(answerers: Answerers, kind: string, question: Record<string, unknown>): Promise<object> {
  const answerer = answerers[kind]
  if (answerer === undefined) return { error: `nobody answers ${kind}` }
  try {
    return { ok: await answerer(question) }
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) }
  }
}
