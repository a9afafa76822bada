import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { invalid, unsupported } from '@rookery/model'
import { BadRequest, type Identity, signRequest } from '@rookery/pki/x509'
import type { EngineHandle } from '../../engine.ts'
import type { Certified, CertifiedHost, OutsidePort } from '../../jobs/outside-port.ts'

/** The common name by which engines show themselves to agents. A host must never carry it. */
export const engineClientName = 'rookery-engine'

/**
 * What a host's certificate says. The subject is made of the row's id, so that no name that people choose can stand for the engine; names
 * and addresses stand beside it, since other hosts check them when VMs move.
 */
export function hostSubject(host: CertifiedHost, organization: string) {
  const ip = isIP(host.address) === 0 ? [] : [host.address]
  const dns = [...(isIP(host.address) === 0 ? [host.address] : []), ...(isDnsName(host.name) ? [host.name] : [])]
  return {
    commonName: `host ${host.id}`,
    organization,
    purpose: { host: { dns: [...new Set(dns.map(name => name.toLowerCase()))], ip } },
  }
}

const isDnsName = (name: string): boolean =>
  name.length <= 253 && /^(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*$/i.test(name)

/** Signs hosts' certificates with the authority that the configuration names. */
export function certifier(engine: Pick<EngineHandle, 'config'>): OutsidePort['certify'] {
  let known: Promise<Identity> | undefined
  const read = async (): Promise<Identity> => {
    const { authority } = engine.config
    if (authority === null)
      throw unsupported('certificate.no_authority', 'This engine has no certification authority to sign hosts with.')
    const [cert, key] = await Promise.all([readFile(authority.cert, 'utf8'), readFile(authority.key, 'utf8')])
    return { cert, key }
  }
  return async (request: string, host: CertifiedHost): Promise<Certified> => {
    const ca = await (known ??= read().catch((error: unknown) => {
      known = undefined // the file may be there the next time
      throw error
    }))
    const organization = /^O=(.*)$/m.exec(new X509Certificate(ca.cert).subject)?.[1] ?? 'Rookery'
    try {
      const certificate = await signRequest(ca, request, hostSubject(host, organization))
      return { certificate, ca: ca.cert, validUntil: new X509Certificate(certificate).validToDate }
    } catch (error) {
      if (error instanceof BadRequest) throw invalid('certificate.request', error.message, { cause: error })
      throw error
    }
  }
}
