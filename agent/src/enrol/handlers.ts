import { hostname } from 'node:os'
import type { CertificateRequested } from '@rookery/protocol'
import { tryProgram } from '../run-program.ts'
import type { CertificateKind, Handlers } from '../tasks/registry.ts'
import {
  type CertificateFiles,
  newKeyFile,
  put,
  putCertificate,
  putSystemCertificate,
  readKey,
} from './certificates.ts'

/** Renews the certificate of this host when the engine asks for it. `reload` makes the listeners read their files again. */
export function certificateHandlers(
  tls: CertificateFiles & { readonly system: boolean },
  qemu: () => { uid: number; gid: number } | null,
  reload: () => void,
): Handlers<CertificateKind> {
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
      if (tls.system) {
        await putSystemCertificate(tls, qemu())
        // libvirt reads its files at its start and when it is told; QEMU at each migration.
        await tryProgram('virt-admin', ['server-update-tls', 'libvirtd'], { timeoutMs: 15_000 }).catch(() => undefined)
      }
      reload()
      return null
    },
  }
}
