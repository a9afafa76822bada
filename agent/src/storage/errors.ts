import { conflict, internal, notFound, RookeryError, unavailable } from '@rookery/model'
import { errno } from './files.ts'

/**
 * Turns what the system said about storage into an error that a person can act on; errors that already are one pass.
 * @param doing what was being done, as the beginning of a sentence: `Making volume …`
 */
export function storageError(doing: string, error: unknown): RookeryError {
  if (error instanceof RookeryError) return error
  const said = error instanceof Error ? error.message : String(error)
  const extras = { cause: error, detail: said }
  switch (errno(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return conflict('storage.full', `${doing} failed: the storage domain has no space left.`, extras)
    case 'EROFS':
      return unavailable('storage.read_only', `${doing} failed: the file system is mounted read-only.`, extras)
    case 'EACCES':
    case 'EPERM':
      return unavailable(
        'storage.permission',
        `${doing} failed: ${said}. Everything in a storage domain must belong to 36:36, folders with mode 0755: ` +
          'chown -R 36:36 on the domain puts that right.',
        extras,
      )
    case 'EIO':
    case 'ESTALE':
    case 'ENOTCONN':
    case 'EHOSTDOWN':
      return unavailable('storage.io', `${doing} failed: the storage answers with an error (${said}).`, extras)
    case 'EFBIG':
      return conflict('storage.file_too_large', `${doing} failed: the file system allows no file that large.`, extras)
    case 'ENOENT':
      return notFound('storage.missing', `${doing} failed: ${said}.`, extras)
    default:
      return internal('storage.failed', `${doing} failed: ${said}`, extras)
  }
}

/** Runs the work and words its errors with `storageError`. */
export async function wording<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw storageError(doing, error)
  }
}
