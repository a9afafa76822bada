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
  // Both wait side by side before either is in use: whoever dies between the two renames is helped by `finishCertificate`.
  await put(newCertificateFile(files), signed.certificate, 0o644)
  await finishCertificate(files)
}

const newCertificateFile = (files: CertificateFiles): string => `${files.cert}.new`

/** Ends what `putCertificate` began and could not end; nothing where it did. Done before the certificate is read at a start. */
export async function finishCertificate(files: CertificateFiles): Promise<void> {
  const fresh = await readKey(newCertificateFile(files))
  if (fresh === null) return
  const read = parse(fresh)
  const fits = (key: string | null) => key !== null && read.checkPrivateKey(createPrivateKey(key))
  if (fits(await readKey(newKeyFile(files)))) await rename(newKeyFile(files), files.key)
  if (fits(await readKey(files.key))) await rename(newCertificateFile(files), files.cert)
}

function parse(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem)
  } catch (cause) {
    throw invalid('certificate.unreadable', 'This is no certificate (PEM).', { cause })
  }
}
