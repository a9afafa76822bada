import { X509Certificate } from 'node:crypto'
import { chown, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeWhole } from '../instance/settings.ts'
import { type Names, sameNames } from '@rookery/pki/names'
import {
  type Identity,
  issue,
  makeAuthority,
  namesFor,
  namesOf,
  type Purpose,
  requestFor,
  signRequest,
} from '@rookery/pki/x509'

/** The certification authority of an instance, on disk: `ca.crt` and `ca.key` (0600) in one folder (0700). */
export interface Authority extends Identity {
  readonly organization: string
  /** SHA-256 of the certificate, upper-case hex with colons, as browsers and OpenSSL show it. */
  readonly fingerprint: string
  /** Whether this call made it. */
  readonly made: boolean
}

/** The authority kept in `folder`, made if there is none. */
export async function authority(folder: string, o: { organization: string; instance: string }): Promise<Authority> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const files = { cert: join(folder, 'ca.crt'), key: join(folder, 'ca.key') }
  let identity = await read(files)
  const made = identity === undefined
  if (identity === undefined) {
    identity = await makeAuthority({
      commonName: `${o.organization} Rookery CA ${o.instance}`,
      organization: o.organization,
    })
    await writeWhole(files.key, identity.key, 0o600)
    await writeWhole(files.cert, identity.cert, 0o644) // last: with it the authority exists
  }
  return { ...identity, organization: o.organization, fingerprint: fingerprint(identity.cert), made }
}

/** SHA-256 of a PEM certificate. */
export const fingerprint = (cert: string): string => new X509Certificate(cert).fingerprint256

/** Where an identity is kept, and for whom. */
export interface Place {
  readonly folder: string
  readonly name: string
  /** Who may read the key, beside root. */
  readonly owner?: { uid: number; gid: number }
}

/** The files of an identity. */
export const filesOf = (p: Place) => ({ cert: join(p.folder, `${p.name}.crt`), key: join(p.folder, `${p.name}.key`) })

/**
 * The certificate kept at `place`, signed anew when there is none, when its names or its authority changed, or when two thirds of
 * its life are over. Says whether it was signed now. `keepKey`: for the same key again, where others know it.
 */
export async function identity(
  ca: Authority,
  place: Place,
  o: { commonName: string; purpose: Purpose; now?: Date; keepKey?: boolean },
): Promise<{ renewed: boolean }> {
  await mkdir(place.folder, { recursive: true, mode: 0o700 })
  if (place.owner) await chown(place.folder, place.owner.uid, place.owner.gid)
  const files = filesOf(place)
  const kept = await read(files)
  const wanted = namesFor(o.purpose)
  const fresh = kept !== undefined && stillGood(kept.cert, ca.cert, o.commonName, wanted, o.now ?? new Date())
  if (!fresh) {
    const subject = { ...o, organization: ca.organization }
    const made =
      o.keepKey === true && kept !== undefined
        ? { key: kept.key, cert: await signRequest(ca, await requestFor(kept.key, o.commonName), subject) }
        : await issue(ca, subject)
    await writeWhole(files.key, made.key, 0o600, place.owner)
    await writeWhole(files.cert, made.cert, 0o644, place.owner)
  }
  return { renewed: !fresh }
}

/** Pure: whether a certificate can stay. */
export function stillGood(cert: string, ca: string, commonName: string, names: Names | undefined, now: Date): boolean {
  const c = new X509Certificate(cert)
  const from = c.validFromDate.getTime()
  const until = c.validToDate.getTime()
  const rightNames = names === undefined || sameNames(namesOf(cert), names)
  const rightSubject = c.subject.split('\n').includes(`CN=${commonName}`)
  const signed = c.checkIssued(new X509Certificate(ca)) && c.verify(new X509Certificate(ca).publicKey)
  return rightNames && rightSubject && signed && now.getTime() < from + ((until - from) * 2) / 3
}

async function read(files: { cert: string; key: string }): Promise<Identity | undefined> {
  try {
    const [cert, key] = await Promise.all([readFile(files.cert, 'utf8'), readFile(files.key, 'utf8')])
    return { cert, key }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined // not made yet
    throw error
  }
}
