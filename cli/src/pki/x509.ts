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

/** What an end certificate is for. */
export type Purpose = { readonly server: Names } | { readonly client: true }

/** Signs a certificate for a new key. */
export async function issue(
  authority: Identity,
  o: { commonName: string; organization: string; purpose: Purpose; now?: Date },
): Promise<Identity> {
  const ca = new x509.X509Certificate(authority.cert)
  const signingKey = await importKey(authority.key)
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const now = o.now ?? new Date()
  const usage = 'server' in o.purpose ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth
  const cert = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: subject(o.commonName, o.organization),
    issuer: ca.subject,
    notBefore: new Date(now.getTime() - DAY),
    notAfter: new Date(now.getTime() + SERVER_DAYS * DAY),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey as webcrypto.CryptoKey,
    signingKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([usage]),
      ...('server' in o.purpose ? [new x509.SubjectAlternativeNameExtension(alternatives(o.purpose.server))] : []),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey as webcrypto.CryptoKey),
      await x509.AuthorityKeyIdentifierExtension.create(ca),
    ],
  })
  return { cert: pem(cert), key: await keyPem(keys.privateKey as webcrypto.CryptoKey) }
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

async function importKey(text: string): Promise<webcrypto.CryptoKey> {
  const der = Buffer.from(text.replace(/-----[^-]+-----|\s/g, ''), 'base64')
  return (await webcrypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign'])) as webcrypto.CryptoKey
}
