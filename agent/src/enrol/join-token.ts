import { invalid } from '@rookery/model'
import { z } from 'zod'

/** What is in the one word that an administrator is given: where the engine is, by what its authority is known, and the secret. */
const Content = z.object({
  u: z.url({ protocol: /^https$/ }),
  /** SHA-256 of the authority's certificate, upper-case hex with colons. */
  f: z.string().regex(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/),
  t: z.string().min(20).max(200),
})

/** A join token, taken apart. */
export interface JoinToken {
  readonly engine: string
  readonly fingerprint: string
  readonly secret: string
}

/** Reads a join token. Throws `invalid` `join.token` for what is none; the message repeats nothing of it. */
export function readJoinToken(text: string): JoinToken {
  try {
    const { u, f, t } = Content.parse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')))
    return { engine: u.replace(/\/+$/, ''), fingerprint: f, secret: t }
  } catch {
    throw invalid('join.token', 'This is no join token. Copy the whole command that the engine shows, in one line.')
  }
}
