import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** PEM files of a CA with a host's and an engine's certificate. */
export interface Pki {
  readonly ca: string
  readonly host: { cert: string; key: string }
  readonly engine: { cert: string; key: string }
  /** A certificate of the same CA that is not an engine's. */
  readonly stranger: { cert: string; key: string }
}

/** Makes a CA and three certificates with openssl. `addresses`: further ones that the host's certificate is valid for. */
export function makePki(folder: string, addresses: readonly string[] = []): Pki {
  mkdirSync(folder, { recursive: true })
  const openssl = (...args: string[]) =>
    execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  openssl('req', '-x509', ...newKey, '-days', '30', '-subj', '/CN=test CA', '-keyout', 'ca.key', '-out', 'ca.pem')
  const issue = (name: string, commonName: string) => {
    writeFileSync(
      join(folder, `${name}.ext`),
      `subjectAltName=${['DNS:localhost', 'IP:127.0.0.1', ...addresses.map(a => `IP:${a}`)].join(',')}\nextendedKeyUsage=serverAuth,clientAuth\n`,
    )
    openssl('req', ...newKey, '-subj', `/CN=${commonName}`, '-keyout', `${name}.key`, '-out', `${name}.csr`)
    openssl(
      ...['x509', '-req', '-in', `${name}.csr`, '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial'],
      ...['-days', '30', '-extfile', `${name}.ext`, '-out', `${name}.pem`],
    )
    return { cert: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) }
  }
  return {
    ca: join(folder, 'ca.pem'),
    host: issue('host', 'host-1'),
    engine: issue('engine', 'rookery-engine'),
    stranger: issue('stranger', 'host-2'),
  }
}
