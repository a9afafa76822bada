import { type ErrorKind, RookeryError } from '@rookery/model'
import { PostgresError } from '@rookery/postgres'

/** What each exit code of `rookery` means. Stable: scripts read them. Listed in cli/README.md. */
export const exits = {
  ok: 0,
  failed: 1,
  usage: 2,
  notRunning: 3,
  needsRoot: 4,
  address: 5,
  disk: 6,
  packages: 7,
  database: 8,
  busy: 9,
} as const

/** The reason of a failure, which is also its exit code. */
export type Exit = keyof typeof exits

const kinds: Record<Exit, ErrorKind> = {
  ok: 'internal',
  failed: 'unavailable',
  usage: 'invalid',
  notRunning: 'unavailable',
  needsRoot: 'forbidden',
  address: 'conflict',
  disk: 'unavailable',
  packages: 'unavailable',
  database: 'unavailable',
  busy: 'conflict',
}

/** A failure the person at the keyboard can do something about: what was wrong, and `todo`, what to do next. */
export class Fault extends RookeryError {
  readonly exit: Exit
  readonly todo: string
  constructor(exit: Exit, message: string, todo: string, cause?: unknown) {
    super(kinds[exit], `cli.${exit}`, message, cause === undefined ? {} : { cause })
    this.exit = exit
    this.todo = todo
  }
}

/** Any thrown value as what is printed: the code for scripts, the sentence, the way out, the exit code. */
export interface Said {
  readonly exit: number
  readonly code: string
  readonly message: string
  readonly todo: string
}

/** Turns what was thrown into what is said. Unknown errors keep their stack only under ROOKERY_DEBUG. */
export function say(error: unknown): Said {
  if (error instanceof Fault)
    return { exit: exits[error.exit], code: error.code, message: error.message, todo: error.todo }
  if (error instanceof PostgresError)
    return {
      exit: exits.database,
      code: error.code,
      message: error.message,
      todo: 'The database log is in log/postgres.log below the data directory.',
    }
  if (error instanceof RookeryError) return { exit: exits.failed, code: error.code, message: error.message, todo: '' }
  const message = error instanceof Error ? error.message : String(error)
  const stack = process.env.ROOKERY_DEBUG && error instanceof Error ? `\n${error.stack}` : ''
  const code = (error as NodeJS.ErrnoException)?.code
  if (code === 'ENOSPC')
    return {
      exit: exits.disk,
      code: 'cli.disk',
      message: `The disk is full: ${message}`,
      todo: 'Free some space, then run the same command again.',
    }
  if (code === 'EACCES' || code === 'EPERM')
    return {
      exit: exits.needsRoot,
      code: 'cli.needsRoot',
      message,
      todo: 'Run it as root, or choose another --data-dir that you may write to.',
    }
  return {
    exit: exits.failed,
    code: 'cli.failed',
    message: message + stack,
    todo: stack ? '' : 'Set ROOKERY_DEBUG=1 to see where this comes from.',
  }
}
