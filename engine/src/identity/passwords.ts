import { argon2, type Argon2Parameters, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { unavailable } from '@rookery/model'

/** 19 MiB and two passes: 75 ms here; the cheapest setting that OWASP advises for argon2id. */
const cost = { memory: 19_456, passes: 2, parallelism: 1, tagLength: 32 }
const most = { atOnce: 2, waiting: 64 }

const derive = promisify<'argon2id', Argon2Parameters, Buffer>(argon2)
const queue: (() => void)[] = []
let busy = 0

/** Few at once: each takes memory and a thread that others need too. */
async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (busy >= most.atOnce) {
    if (queue.length >= most.waiting)
      throw unavailable('login.crowded', 'Too many people sign in at the same moment; try again in a few seconds.')
    await new Promise<void>(resolve => queue.push(resolve))
  } else busy++
  try {
    return await work()
  } finally {
    const next = queue.shift()
    if (next === undefined) busy--
    else next()
  }
}

const b64 = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '')

/** The argon2id hash of a password in PHC form: `$argon2id$v=19$m=…,t=…,p=…$salt$hash`. */
export async function hashPassword(password: string): Promise<string> {
  const nonce = randomBytes(16)
  const tag = await inTurn(() => derive('argon2id', { message: password, nonce, ...cost }))
  return `$argon2id$v=19$m=${cost.memory},t=${cost.passes},p=${cost.parallelism}$${b64(nonce)}$${b64(tag)}`
}

const phc = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/
let decoy: Promise<string> | undefined

/**
 * Whether the password is the one of the hash. Without a hash (no such user) it takes as long and is false, so that the time
 * does not tell which names exist.
 */
export async function verifyPassword(password: string, hash: string | null): Promise<boolean> {
  const match = phc.exec(hash ?? (await (decoy ??= hashPassword(randomBytes(16).toString('hex')))))
  if (match === null) return false
  const [, memory, passes, parallelism, salt = '', tag = ''] = match
  const expected = Buffer.from(tag, 'base64')
  const parameters = {
    message: password,
    nonce: Buffer.from(salt, 'base64'),
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
    tagLength: expected.length,
  }
  const actual = await inTurn(() => derive('argon2id', parameters))
  return timingSafeEqual(actual, expected) && hash !== null
}
