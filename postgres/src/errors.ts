/** What can go wrong with a PostgreSQL that we start; `code` is stable, the message says what to do. */
export type PostgresErrorCode =
  | 'postgres.no_binaries'
  | 'postgres.old_data'
  | 'postgres.init_failed'
  | 'postgres.start_failed'
  | 'postgres.in_use'

/**
 * A failure of the starter. This package stands below the vocabulary of the product (it knows nothing of hosts or
 * VMs), so it has its own small error; the command line turns it into its words.
 */
export class PostgresError extends Error {
  override readonly name = 'PostgresError'
  readonly code: PostgresErrorCode
  constructor(code: PostgresErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
