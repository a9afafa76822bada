import 'reflect-metadata'
import { randomBytes, webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'
import type { Names } from './names.ts'

x509.cryptoProvider.set(webcrypto as never)

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const DAY = 24 * 3600 * 1000

/** Ten years: a CA that dies takes every client's trust with it. */
export const CA_DAYS = 3650
/** What browsers still accept for a server. */
export const SERVER_DAYS = 398

/** A certificate and its private key, both PEM. */
export interface Identity {
  readonly cert: string
  readonly key: string
}

/** Makes a certification authority that signs itself. It may sign servers and clients, and no further authorities. */
export async function makeAuthority(o: { commonName: string; organization: string; now?: Date }): Promise<Identity> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const now = o.now ?? new Date()
  const cert = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: subject(o.commonName, o.organization),
    notBefore: new Date(now.getTime() - DAY), // clocks differ
    notAfter: new Date(now.getTime() + CA_DAYS * DAY),
    signingAlgorithm: algorithm,
    keys: keys as webcrypto.CryptoKeyPair,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey as webcrypto.CryptoKey),
    ],
  })
  return { cert: pem(cert), key: await keyPem(keys.privateKey as webcrypto.CryptoKey) }
}

/** What an end certificate is for. A host serves and, to move VMs, is a client of other hosts. */
export type Purpose = { readonly server: Names } | { readonly client: true } | { readonly host: Names }

/** The names that a certificate of this purpose carries. */
export const namesFor = (purpose: Purpose): Names | undefined =>
  'server' in purpose ? purpose.server : 'host' in purpose ? purpose.host : undefined

/** What stands in an end certificate. */
export interface Subject {
  commonName: string
  organization: string
  purpose: Purpose
  now?: Date
}

/** Signs a certificate for a new key. */
export async function issue(authority: Identity, o: Subject): Promise<Identity> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  return {
    cert: await certify(authority, keys.publicKey as webcrypto.CryptoKey, o),
    key: await keyPem(keys.privateKey as webcrypto.CryptoKey),
  }
}

/** A new key for a host, and the request for its certificate, both PEM. The key stays where it was made. */
export async function makeRequest(commonName: string): Promise<{ key: string; request: string }> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  return { key: await keyPem(keys.privateKey as webcrypto.CryptoKey), request: await requestWith(keys, commonName) }
}

/** The request for a certificate of a key that is there. */
export async function requestFor(key: string, commonName: string): Promise<string> {
  const privateKey = await importKey(key, true)
  const { d: _, ...pub } = await webcrypto.subtle.exportKey('jwk', privateKey)
  const publicKey = await webcrypto.subtle.importKey('jwk', { ...pub, key_ops: ['verify'] }, algorithm, true, [
    'verify',
  ])
  return requestWith({ privateKey, publicKey }, commonName)
}

async function requestWith(keys: object, commonName: string): Promise<string> {
  const made = await x509.Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: [commonName] }],
    keys: keys as webcrypto.CryptoKeyPair,
    signingAlgorithm: algorithm,
  })
  return `${made.toString('pem')}\n`
}

/** A request that is no request, is signed by another key, or is of a key that we do not sign. */
export class BadRequest extends Error {}

/**
 * Signs the key of a request. What the request says of names and purpose is ignored: whoever signs decides what stands in a certificate.
 * @throws BadRequest
 */
export async function signRequest(authority: Identity, request: string, o: Subject): Promise<string> {
  let asked: x509.Pkcs10CertificateRequest
  try {
    asked = new x509.Pkcs10CertificateRequest(request)
    if (!(await asked.verify())) throw new BadRequest('The certificate request is not signed by its own key.')
  } catch (cause) {
    if (cause instanceof BadRequest) throw cause
    throw new BadRequest('This is no certificate request.', { cause })
  }
  const key = await asked.publicKey.export(algorithm, ['verify']).catch((cause: unknown) => {
    throw new BadRequest('Certificate requests must be for an ECDSA key on the curve P-256.', { cause })
  })
  return certify(authority, key as webcrypto.CryptoKey, o)
}

async function certify(authority: Identity, publicKey: webcrypto.CryptoKey, o: Subject): Promise<string> {
  const ca = new x509.X509Certificate(authority.cert)
  const signingKey = await importKey(authority.key)
  const now = o.now ?? new Date()
  const { serverAuth, clientAuth } = x509.ExtendedKeyUsage
  const usages = 'host' in o.purpose ? [serverAuth, clientAuth] : 'server' in o.purpose ? [serverAuth] : [clientAuth]
  // libvirt and QEMU refuse a critical key usage without encipherment, also for keys that cannot do it.
  const keyUsage = x509.KeyUsageFlags.digitalSignature | ('host' in o.purpose ? x509.KeyUsageFlags.keyEncipherment : 0)
  const names = namesFor(o.purpose)
  const cert = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: subject(o.commonName, o.organization),
    issuer: ca.subject,
    notBefore: new Date(now.getTime() - DAY),
    notAfter: new Date(now.getTime() + SERVER_DAYS * DAY),
    signingAlgorithm: algorithm,
    publicKey,
    signingKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(keyUsage, true),
      new x509.ExtendedKeyUsageExtension(usages),
      ...(names === undefined ? [] : [new x509.SubjectAlternativeNameExtension(alternatives(names))]),
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(ca),
    ],
  })
  return pem(cert)
}

/** The names in a certificate. */
export function namesOf(certPem: string): Names {
  const found = new x509.X509Certificate(certPem).getExtension(x509.SubjectAlternativeNameExtension)
  const items = found?.names.items ?? []
  return {
    dns: items.filter(i => i.type === 'dns').map(i => i.value),
    ip: items.filter(i => i.type === 'ip').map(i => i.value),
  }
}

function alternatives(names: Names): x509.JsonGeneralNames {
  return [
    ...names.dns.map(value => ({ type: 'dns' as const, value })),
    ...names.ip.map(value => ({ type: 'ip' as const, value })),
  ]
}

/** Positive and 16 bytes, as X.509 wants serial numbers. */
function serial(): string {
  const bytes = randomBytes(16)
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40
  return bytes.toString('hex')
}

const subject = (commonName: string, organization: string): x509.JsonName => [
  { CN: [commonName] },
  { O: [organization] },
]

const pem = (cert: x509.X509Certificate): string => `${cert.toString('pem')}\n`

async function keyPem(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key))
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`
}

async function importKey(text: string, extractable = false): Promise<webcrypto.CryptoKey> {
  const der = Buffer.from(text.replace(/-----[^-]+-----|\s/g, ''), 'base64')
  return (await webcrypto.subtle.importKey('pkcs8', der, algorithm, extractable, ['sign'])) as webcrypto.CryptoKey
}
