/** One line of the outcome. */
export interface Outcome {
  readonly name: string
  readonly result: 'passed' | 'failed' | 'skipped'
  /** Why it failed or was skipped. */
  readonly why?: string
}

/** Thrown inside a check to skip it; the reason is shown. */
export class Skip extends Error {}

/** What was checked: one line each as it happens, and the sum in the end. */
export class Report {
  readonly outcomes: Outcome[] = []
  readonly #write: (line: string) => void
  readonly #prefix: string

  constructor(
    write: (line: string) => void = line => process.stdout.write(`${line}\n`),
    prefix = '',
    into?: Outcome[],
  ) {
    this.#write = write
    this.#prefix = prefix
    if (into !== undefined) this.outcomes = into
  }

  /** The same report, with `prefix` before the names. */
  group(prefix: string): Report {
    return new Report(this.#write, `${this.#prefix}${prefix}: `, this.outcomes)
  }

  /** A line that is no check. */
  say(text: string): void {
    this.#write(text)
  }

  pass(name: string): void {
    this.#add({ name: this.#prefix + name, result: 'passed' }, '✓')
  }

  fail(name: string, why: string): void {
    this.#add({ name: this.#prefix + name, result: 'failed', why }, '✗')
  }

  skip(name: string, why: string): void {
    this.#add({ name: this.#prefix + name, result: 'skipped', why }, '-')
  }

  /** Runs one check; gives what it gave, or undefined when it failed. Never throws. */
  async check<T>(name: string, work: () => T | Promise<T>): Promise<T | undefined> {
    try {
      const value = await work()
      this.pass(name)
      return value
    } catch (error) {
      if (error instanceof Skip) this.skip(name, error.message)
      else this.fail(name, sentence(error))
      return undefined
    }
  }

  count(result: Outcome['result']): number {
    return this.outcomes.filter(each => each.result === result).length
  }

  /** `N passed, N failed, N skipped`. */
  get sum(): string {
    return `${this.count('passed')} passed, ${this.count('failed')} failed, ${this.count('skipped')} skipped`
  }

  #add(outcome: Outcome, mark: string): void {
    this.outcomes.push(outcome)
    const why =
      outcome.why === undefined
        ? ''
        : outcome.result === 'skipped'
          ? ` (${outcome.why})`
          : `\n    ${indented(outcome.why)}`
    this.#write(`${mark} ${outcome.name}${why}`)
  }
}

/** At most 12 lines of 400 characters: whole documents hide the sentence. */
const indented = (text: string) => {
  const lines = text
    .trim()
    .split('\n')
    .map(line => (line.length > 400 ? `${line.slice(0, 400)}…` : line))
  return [...lines.slice(0, 12), ...(lines.length > 12 ? ['…'] : [])].join('\n    ')
}

/** An error and what caused it, for a person. */
export function sentence(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause === undefined ? '' : ` (${sentence(error.cause)})`
  return `${error.message || error.name}${cause}`
}
