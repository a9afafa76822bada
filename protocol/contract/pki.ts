import 'reflect-metadata'
import { randomBytes, webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'

/** PEM texts of one side of mutual TLS. */
export interface Identity {
  cert: string
  key: string
  /** The CA that this side trusts. */
  ca: string
}

/** A CA of the tests' own with one host and one engine below it. */
export interface TestPki {
  ca: string
  /** Shown by the host; good for 127.0.0.1 and localhost. */
  host: Identity
  /** Shown by the engine. */
  engine: Identity
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

/** Makes new certificates that are good for a day. They are worth nothing outside of a test. */
export async function createTestPki(): Promise<TestPki> {
  x509.cryptoProvider.set(webcrypto)
  const times = { notBefore: new Date(Date.now() - 3600_000), notAfter: new Date(Date.now() + 24 * 3600_000) }
  const common = () => ({ serialNumber: `01${randomBytes(8).toString('hex')}`, signingAlgorithm: algorithm, ...times })
  const makeKeys = () => webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const caKeys = await makeKeys()
  const name = `CN=Rookery test CA ${randomBytes(4).toString('hex')}`
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    ...common(),
    name,
    keys: caKeys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 1, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ],
  })
  const leaf = async (subject: string, usage: x509.ExtendedKeyUsage): Promise<Identity> => {
    const keys = await makeKeys()
    const cert = await x509.X509CertificateGenerator.create({
      ...common(),
      subject,
      issuer: name,
      publicKey: keys.publicKey,
      signingKey: caKeys.privateKey,
      extensions: [
        new x509.BasicConstraintsExtension(false),
        new x509.ExtendedKeyUsageExtension([usage]),
        new x509.SubjectAlternativeNameExtension([
          { type: 'ip', value: '127.0.0.1' },
          { type: 'dns', value: 'localhost' },
        ]),
      ],
    })
    const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey))
    return { cert: cert.toString('pem'), key: x509.PemConverter.encode(key, 'PRIVATE KEY'), ca: ca.toString('pem') }
  }
  return {
    ca: ca.toString('pem'),
    host: await leaf('CN=test host', x509.ExtendedKeyUsage.serverAuth),
    engine: await leaf('CN=test engine', x509.ExtendedKeyUsage.clientAuth),
  }
}
