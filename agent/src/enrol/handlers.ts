import { hostname } from 'node:os'
import type { CertificateRequested } from '@rookery/protocol'
import type { CertificateKind, Handlers } from '../tasks/registry.ts'
import { type CertificateFiles, newKeyFile, put, putCertificate, readKey } from './certificates.ts'

/** Renews the certificate of this host when the engine asks for it. `taken` hears of one that is in use from now on. */
export function certificateHandlers(tls: CertificateFiles, taken: () => Promise<void>): Handlers<CertificateKind> {
  return {
    'certificate.request': async (): Promise<CertificateRequested> => {
      // Loaded for the few times that it is needed: the library for certificates is the largest part of the agent.
      const { makeRequest, requestFor } = await import('@rookery/pki/x509')
      const waiting = await readKey(newKeyFile(tls))
      if (waiting !== null) return { request: await requestFor(waiting, hostname()) }
      const { key, request } = await makeRequest(hostname())
      await put(newKeyFile(tls), key, 0o600)
      return { request }
    },
    'certificate.install': async task => {
      await putCertificate(tls, task)
      await taken()
      return null
    },
  }
}
