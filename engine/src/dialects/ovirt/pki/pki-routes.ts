import { createHash, X509Certificate } from 'node:crypto'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { opensshKey } from '../../../inventory/install/openssh-key.ts'
import type { OvirtPort } from '../kernel/services.ts'

/** SHA-256 of the certificate, as people compare it. */
export const fingerprint = (pem: string): string =>
  createHash('sha256')
    .update(new X509Certificate(pem).raw)
    .digest('hex')
    .toUpperCase()
    .replaceAll(/(..)(?!$)/g, '$1:')

/** The certificates that clients fetch before they trust us, and the liveness page (fact sheet 1.1). */
export function pkiRoutes(app: FastifyInstance, port: OvirtPort): void {
  const { services } = port
  const ca = (reply: FastifyReply) => reply.type('application/x-x509-ca-cert').send(services.caPem)
  app.get('/ca.crt', (_, reply) => ca(reply))
  app.get('/ovirt-engine/services/pki-resource', (request, reply) => {
    const { resource, format } = request.query as { resource?: string; format?: string }
    const pem =
      resource === 'ca-certificate' || resource === 'qemu-ca-certificate'
        ? services.caPem
        : resource === 'engine-certificate'
          ? services.certificatePem
          : undefined
    if (pem === undefined)
      return reply
        .code(400)
        .type('text/plain')
        .send('resource must be ca-certificate, qemu-ca-certificate or engine-certificate\n')
    if (format === 'OPENSSH-PUBKEY') return reply.type('text/plain').send(opensshKey(pem))
    if (format === 'X509-PEM-CA') return reply.type('application/x-x509-ca-cert').send(pem)
    if (format === undefined || format === 'X509-PEM') return reply.type('application/x-x509-cert').send(pem)
    return reply.code(400).type('text/plain').send('format must be X509-PEM-CA, X509-PEM or OPENSSH-PUBKEY\n')
  })
  app.get('/ovirt-engine/services/health', async (_, reply) => {
    const up = await port.healthy()
    return reply
      .code(up ? 200 : 500)
      .type('text/html')
      .send(up ? 'DB Up!Welcome to Health Status!' : 'DB Down!')
  })
}
