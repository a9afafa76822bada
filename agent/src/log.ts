import { type Logger, pino } from 'pino'

/** What never reaches a log, at whatever depth a task body puts it. */
const secret = ['ticket', 'password', 'content', 'seed', 'key', 'authorization']

/** The agent's log: JSON lines on standard output (or on `destination`), secrets replaced. */
export function makeLog(level: string, destination?: { write(line: string): void }): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: secret.flatMap(k => [k, `*.${k}`, `*.*.${k}`]), censor: '[redacted]' },
  }
  return destination === undefined ? pino(options) : pino(options, destination)
}
