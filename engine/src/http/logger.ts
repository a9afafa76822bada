import { RookeryError } from '@rookery/model'
import { pino } from 'pino'
import type { Logger } from '../core/log.ts'
import { redact } from '../core/redact.ts'

const mostCauses = 5

/** Secrets that stand in text: what follows `password=`, `token=`, `Bearer `, and URLs with a password. */
export const redactText = (text: string): string =>
  text
    .replace(/((?:password|passwd|token|secret|ticket)["']?\s*[=:]\s*["']?)[^\s"'&,;}]+/gi, '$1***')
    .replace(/\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]+/g, '$1 ***')
    .replace(/(\w+:\/\/[^\s:/@]+:)[^\s@/]+@/g, '$1***@')

/** An error with its chain of causes, as the log keeps it. */
function errorFields(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return error
  const { name, message, stack, cause } = error
  return {
    type: name,
    message: redactText(message),
    ...('code' in error ? { code: error.code } : {}),
    ...(error instanceof RookeryError ? { kind: error.kind, detail: redact(error.detail) } : {}),
    ...(stack === undefined ? {} : { stack: redactText(stack) }),
    ...(cause === undefined || depth >= mostCauses ? {} : { cause: errorFields(cause, depth + 1) }),
  }
}

/** The engine's log: one JSON document a line on standard output, with secrets replaced. */
export function createLogger(level: string, base: Record<string, unknown>): Logger {
  return pino({
    level,
    base,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: {
      level: label => ({ level: label }),
      log: fields => {
        const { err, ...rest } = fields as { err?: unknown }
        return { ...redact(rest), ...(err === undefined ? {} : { err: errorFields(err) }) }
      },
    },
    serializers: { err: (value: unknown) => value },
    hooks: {
      logMethod(input, method) {
        method.apply(this, input.map(each => (typeof each === 'string' ? redactText(each) : each)) as typeof input)
      },
    },
  })
}
