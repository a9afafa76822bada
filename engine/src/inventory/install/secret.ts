import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { internal } from '@rookery/model'

/** The key that seals secrets for their short stay in the database: made of the engine's private key, which the database does not have. */
export const sealingKey = (privateKeyPem: string): Buffer =>
  Buffer.from(hkdfSync('sha256', privateKeyPem, '', 'rookery host secret', 32))

const keys = new Map<string, Buffer>()

/** Makes the key of an installation known to this process; done at its start. */
export function rememberSealingKey(engineId: string, privateKeyPem: string): void {
  keys.set(engineId, sealingKey(privateKeyPem))
}

/** The key of an installation. Throws when it was not made known. */
export function sealingKeyOf(engineId: string): Buffer {
  const key = keys.get(engineId)
  if (key === undefined) throw internal('host.install.no_key', 'This engine has no key to keep a password with.')
  return key
}

/** Nonce, tag and text as one; `about` must be the same when it is opened. */
export function seal(key: Buffer, text: string, about: string): Buffer {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(about))
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), body])
}

/** What was sealed. Throws when key or subject are others, or a bit was changed. */
export function unseal(key: Buffer, sealed: Buffer, about: string): string {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12))
  decipher.setAAD(Buffer.from(about)).setAuthTag(sealed.subarray(12, 28))
  return Buffer.concat([decipher.update(sealed.subarray(28)), decipher.final()]).toString('utf8')
}
