/**
 * What people see. Results go to stdout and progress to stderr, so `--json` output can be piped as it is. On a terminal a
 * running step is one line that is rewritten; elsewhere each step is one line when it ends, and a long one says
 * every ten seconds that it still runs.
 */
export interface Step {
  /** Replaces the text behind the step's name while it runs. */
  note(text: string): void
  done(text?: string): void
  failed(text?: string): void
}

export interface Output {
  readonly json: boolean
  readonly tty: boolean
  step(name: string): Step
  /** A line of explanation beside the steps. */
  info(text: string): void
  warn(text: string): void
  /** The result: the text for people, or the value as one JSON document. */
  result(text: string, value: unknown): void
}

interface Sink {
  write(text: string): unknown
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
}

/** Makes the output of one command. `every` is how often a silent long step reports, in milliseconds. */
export function output(
  o: { json?: boolean; stdout?: Sink; stderr?: Sink; every?: number; env?: NodeJS.ProcessEnv } = {},
): Output {
  const stdout = o.stdout ?? process.stdout
  const stderr = o.stderr ?? process.stderr
  const env = o.env ?? process.env
  const tty = stderr.isTTY === true && env.TERM !== 'dumb'
  const color = tty && env.NO_COLOR === undefined
  const paint = (code: number, text: string) => (color ? `\x1b[${code}m${text}\x1b[0m` : text)
  const line = (text: string) => stderr.write(tty ? `\r\x1b[K${text}\n` : `${text}\n`)

  return {
    json: o.json ?? false,
    tty,
    step(name) {
      const began = Date.now()
      let text = ''
      const seconds = () => `${Math.round((Date.now() - began) / 1000)} s`
      const paintRunning = () => {
        const room = (stderr.columns ?? 80) - 1
        if (tty) stderr.write(`\r\x1b[K${`… ${name} ${text}`.slice(0, room)}`)
      }
      const timer = setInterval(() => {
        if (!tty) stderr.write(`… ${name} ${text ? `${text}, ` : ''}${seconds()}\n`)
      }, o.every ?? 10_000)
      timer.unref()
      paintRunning()
      const end = (mark: string, said: string | undefined) => {
        clearInterval(timer)
        line(`${mark} ${name}${said ? ` ${said}` : ''}`)
      }
      return {
        note(t) {
          text = t
          paintRunning()
        },
        done: said => end(paint(32, '✓'), said),
        failed: said => end(paint(31, '✗'), said),
      }
    },
    info: line,
    warn: text => line(`${paint(33, '!')} ${text}`),
    result(text, value) {
      if (o.json) stdout.write(`${JSON.stringify(value, null, 2)}\n`)
      else if (text) stdout.write(`${text}\n`)
    },
  }
}

/** Runs `work` as a step: done with the text it returns, failed when it throws. */
export async function step<T>(
  out: Output,
  name: string,
  work: (s: Step) => Promise<T>,
  said: (value: T) => string = () => '',
): Promise<T> {
  const s = out.step(name)
  try {
    const value = await work(s)
    s.done(said(value))
    return value
  } catch (error) {
    s.failed()
    throw error
  }
}
