import { createPrivateKey, X509Certificate } from 'node:crypto'
import { chmod, chown, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { invalid } from '@rookery/model'

/** Where the agent's certificate is. */
export interface CertificateFiles {
  readonly cert: string
  readonly key: string
  readonly ca: string
}

/** A certificate and the authority that signed it, PEM. */
export interface Signed {
  readonly certificate: string
  readonly ca: string
}

/** A key that waits for its certificate. */
export const newKeyFile = (files: CertificateFiles): string => `${files.key}.new`

/** Reads a key; null when there is none. */
export async function readKey(file: string): Promise<string | null> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
}

/** Writes a file whole, or not at all. */
export async function put(
  file: string,
  text: string,
  mode: number,
  owner?: { uid: number; gid: number },
): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o755 })
  const fresh = `${file}.${process.pid}`
  await writeFile(fresh, text, { mode: 0o600, flush: true })
  if (owner !== undefined) await chown(fresh, owner.uid, owner.gid)
  await chmod(fresh, mode)
  await rename(fresh, file)
}

/**
 * Puts a certificate into use: with the key that waits for it, or with the one that is in use already.
 * @throws RookeryError `invalid` `certificate.other_key`, `certificate.unreadable`
 */
export async function putCertificate(files: CertificateFiles, signed: Signed): Promise<void> {
  const read = parse(signed.certificate)
  const waiting = await readKey(newKeyFile(files))
  const used = await readKey(files.key)
  const key = [waiting, used].find(each => each !== null && read.checkPrivateKey(createPrivateKey(each)))
  if (key === undefined || key === null)
    throw invalid('certificate.other_key', 'This certificate is for no key of this host; ask it for a request first.')
  parse(signed.ca)
  await put(files.ca, signed.ca, 0o644)
  // The key first: whoever reads between the two finds the old certificate with the new key, fails, and reads again.
  if (key === waiting) await rename(newKeyFile(files), files.key)
  await put(files.cert, signed.certificate, 0o644)
}

function parse(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem)
  } catch (cause) {
    throw invalid('certificate.unreadable', 'This is no certificate (PEM).', { cause })
  }
}
