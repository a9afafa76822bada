import { randomBytes } from 'node:crypto'
import type { Initialization } from './initialization.ts'
import { sha512Crypt } from './sha512-crypt.ts'

/** Replaces the password by its salted hash; done in the operation, before anything is written anywhere. */
export function sealInitialization(init: Initialization): Initialization {
  const { rootPassword, ...rest } = init
  // A hash is only made here; one that came from outside would let people plant what they cannot read.
  delete rest.rootPasswordHash
  if (rootPassword === undefined) return rest
  const salt = randomBytes(12).toString('base64').replace(/[+=]/g, '.')
  return { ...rest, rootPasswordHash: sha512Crypt(rootPassword, salt) }
}

/** As clients may read it: without password or hash. */
export function shownInitialization(init: Initialization): Initialization {
  const { rootPassword: _password, rootPasswordHash: _hash, ...rest } = init
  return rest
}
