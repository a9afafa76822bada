import { createHash } from 'node:crypto'

const alphabet = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** Order in which the digest's bytes become text, three at a time: the algorithm's own, a rotation for each group. */
const order: [number, number, number][] = Array.from({ length: 21 }, (_, n) => {
  const [a, b, c] = [n, n + 21, n + 42]
  return n % 3 === 0 ? [a, b, c] : n % 3 === 1 ? [b, c, a] : [c, a, b]
})

const sha512 = (...parts: (Uint8Array | string)[]): Buffer => {
  const hash = createHash('sha512')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

/** The bytes of `pattern`, repeated and cut to `length`. */
const stretch = (pattern: Buffer, length: number): Buffer =>
  Buffer.concat(Array.from({ length: Math.ceil(length / pattern.length) }, () => pattern)).subarray(0, length)

const rounds = 5000

/**
 * The hash of a password in the form that Linux guests keep in `/etc/shadow` (`$6$salt$…`, SHA-512 crypt with 5,000 rounds,
 * specified by U. Drepper in "Unix crypt using SHA-256 and SHA-512"). Seeds for guests carry this, so no row or file of ours holds the password.
 *
 * @param salt 1 to 16 characters of `./0-9A-Za-z`
 */
export function sha512Crypt(password: string, salt: string): string {
  const key = Buffer.from(password, 'utf8')
  const spice = Buffer.from(salt, 'utf8')
  const alternate = sha512(key, spice, key)

  const first = [key, spice, stretch(alternate, key.length)]
  for (let bits = key.length; bits > 0; bits >>= 1) first.push(bits & 1 ? alternate : key)
  let digest = sha512(...first)

  const p = stretch(sha512(...Array.from({ length: key.length }, () => key)), key.length)
  const s = stretch(sha512(...Array.from({ length: 16 + (digest[0] as number) }, () => spice)), spice.length)
  for (let round = 0; round < rounds; round++) {
    const odd = round % 2 === 1
    digest = sha512(odd ? p : digest, round % 3 === 0 ? '' : s, round % 7 === 0 ? '' : p, odd ? digest : p)
  }

  const text = order.map(([a, b, c]) => base64(digest, [a, b, c], 4)).join('') + base64(digest, [-1, -1, 63], 2)
  return `$6$${salt}$${text}`
}

/** Three bytes as characters of the algorithm's own alphabet, lowest bits first; -1 stands for a zero byte. */
function base64(digest: Buffer, [a, b, c]: readonly [number, number, number], length: number): string {
  let value = ((digest[a] ?? 0) << 16) | ((digest[b] ?? 0) << 8) | (digest[c] ?? 0)
  let text = ''
  for (let n = 0; n < length; n++) {
    text += alphabet[value & 63]
    value >>= 6
  }
  return text
}

/** Whether the text is a hash that {@link sha512Crypt} made. */
export const isSha512Crypt = (text: string): boolean => /^\$6\$[./0-9A-Za-z]{1,16}\$[./0-9A-Za-z]{86}$/.test(text)
