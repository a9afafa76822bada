import { z } from 'zod'

/**
 * Makes a new key beside the one in use, and a request for its certificate; again gives a request for that same new key. Result:
 * `CertificateRequested`. Nothing changes for whoever talks to the host.
 */
export const CertificateRequest = z.strictObject({ kind: z.literal('certificate.request') })
/** The certificate request (PEM). */
export const CertificateRequested = z.strictObject({ request: z.string() })
export type CertificateRequested = z.infer<typeof CertificateRequested>

/**
 * Puts a certificate for the new key into use, for the agent, libvirt and QEMU; connections that are open stay. Refused (`invalid`,
 * `certificate.other_key`) when it is for no key of this host. Content when it is in use.
 */
export const CertificateInstall = z.strictObject({
  kind: z.literal('certificate.install'),
  certificate: z.string().min(1).max(20_000),
  ca: z.string().min(1).max(20_000),
})

export const certificateTasks = [CertificateRequest, CertificateInstall] as const
