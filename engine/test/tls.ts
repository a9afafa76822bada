import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as x509 from '@peculiar/x509'

x509.cryptoProvider.set(webcrypto as never)
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

/** PEM files of a throw-away CA, a server certificate for loopback, and a client certificate. */
export interface TestTls {
  folder: string
  ca: string
  authority: { cert: string; key: string }
  server: { cert: string; key: string; ca: string }
  client: { cert: string; key: string; ca: string }
  remove(): Promise<void>
}

async function pair(name: string, issuer?: { cert: x509.X509Certificate; key: webcrypto.CryptoKey }) {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const cert = await x509.X509CertificateGenerator.create({
    serialNumber: Buffer.from(name).toString('hex').slice(0, 16),
    subject: `CN=${name}`,
    issuer: issuer?.cert.subject ?? `CN=${name}`,
    notBefore: new Date(Date.now() - 3_600_000),
    notAfter: new Date(Date.now() + 86_400_000),
    publicKey: keys.publicKey as never,
    signingKey: (issuer?.key ?? keys.privateKey) as never,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(issuer === undefined, undefined, true),
      new x509.SubjectAlternativeNameExtension([
        { type: 'dns', value: 'localhost' },
        { type: 'ip', value: '127.0.0.1' },
      ]),
    ],
  })
  const key = x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY')
  return { cert, key, privateKey: keys.privateKey as webcrypto.CryptoKey }
}

/** Makes the files in a fresh folder. */
export async function testTls(): Promise<TestTls> {
  const folder = await mkdtemp(join(tmpdir(), 'rookery-tls-'))
  const ca = await pair('Test CA')
  const file = async (name: string, text: string) => {
    const path = join(folder, name)
    await writeFile(path, text, { mode: 0o600 })
    return path
  }
  const caFile = await file('ca.pem', ca.cert.toString('pem'))
  const write = async (name: string) => {
    const made = await pair(name, { cert: ca.cert, key: ca.privateKey })
    return {
      cert: await file(`${name}.pem`, made.cert.toString('pem')),
      key: await file(`${name}.key`, made.key),
      ca: caFile,
    }
  }
  return {
    folder,
    ca: caFile,
    authority: { cert: caFile, key: await file('ca.key', ca.key) },
    server: await write('server'),
    client: await write('client'),
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}
