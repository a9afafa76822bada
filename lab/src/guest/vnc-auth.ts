import { createCipheriv } from 'node:crypto'

/**
 * The answer to a challenge of VNC authentication (RFC 6143, 7.2.2): both halves of the 16 bytes encrypted by DES in ECB
 * mode, the key being the password's first eight bytes, zero-padded, with the bits of each byte in reverse order.
 */
export function vncResponse(password: string, challenge: Buffer): Buffer {
  const key = Buffer.alloc(8)
  Buffer.from(password, 'latin1').copy(key)
  return desEcb(Buffer.from(key.map(reversedBits)), challenge)
}

/**
 * DES in ECB mode without padding. OpenSSL 3 keeps single DES in a provider that Node does not load; triple DES is there,
 * and with one key three times (encrypt, decrypt, encrypt) it is single DES.
 */
export function desEcb(key: Buffer, data: Buffer): Buffer {
  const cipher = createCipheriv('des-ede3', Buffer.concat([key, key, key]), null).setAutoPadding(false)
  return Buffer.concat([cipher.update(data), cipher.final()])
}

function reversedBits(byte: number): number {
  let reversed = 0
  for (let bit = 0; bit < 8; bit++) reversed |= ((byte >> bit) & 1) << (7 - bit)
  return reversed
}
