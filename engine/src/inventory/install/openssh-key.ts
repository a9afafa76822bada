import { createPublicKey, X509Certificate } from 'node:crypto'

/** The certificate's public key in the form that `authorized_keys` takes. */
export function opensshKey(pem: string): string {
  const key = createPublicKey(new X509Certificate(pem).publicKey.export({ format: 'pem', type: 'spki' }))
  const jwk = key.export({ format: 'jwk' })
  const field = (data: Buffer) => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(data.length)
    return Buffer.concat([length, data])
  }
  const number = (base64: string | undefined) => {
    const data = Buffer.from(base64 ?? '', 'base64url')
    return data[0] !== undefined && data[0] >= 0x80 ? Buffer.concat([Buffer.from([0]), data]) : data
  }
  if (jwk.kty === 'EC') {
    const point = Buffer.concat([
      Buffer.from([4]),
      Buffer.from(jwk.x ?? '', 'base64url'),
      Buffer.from(jwk.y ?? '', 'base64url'),
    ])
    const curve = jwk.crv === 'P-384' ? 'nistp384' : 'nistp256'
    const blob = Buffer.concat([field(Buffer.from(`ecdsa-sha2-${curve}`)), field(Buffer.from(curve)), field(point)])
    return `ecdsa-sha2-${curve} ${blob.toString('base64')} ovirt-engine\n`
  }
  const blob = Buffer.concat([field(Buffer.from('ssh-rsa')), field(number(jwk.e)), field(number(jwk.n))])
  return `ssh-rsa ${blob.toString('base64')} ovirt-engine\n`
}
