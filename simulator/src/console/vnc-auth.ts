import { createCipheriv } from 'node:crypto'

/**
 * The answer to a VNC authentication challenge (RFC 6143, 7.2.2): DES of the 16 bytes under the password, whose bytes are
 * cut to 8 and taken with their bits in reverse order.
 *
 * Single DES is 3DES with three times the same key; OpenSSL 3 offers only that.
 */
export function vncResponse(challenge: Buffer, password: string): Buffer {
  const key = Buffer.alloc(8)
  Buffer.from(password, 'latin1').copy(key)
  for (let i = 0; i < 8; i++) key[i] = reversed(key[i] ?? 0)
  const cipher = createCipheriv('des-ede3', Buffer.concat([key, key, key]), null)
  cipher.setAutoPadding(false)
  return Buffer.concat([cipher.update(challenge), cipher.final()])
}

function reversed(byte: number): number {
  let out = 0
  for (let bit = 0; bit < 8; bit++) out |= ((byte >> bit) & 1) << (7 - bit)
  return out
}
