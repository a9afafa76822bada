import type { CertificateRequested, TaskOf } from '@rookery/protocol'
import type { Plan } from './table.ts'

/** A request that parses as one; pretended hosts share the certificate of their simulator. */
const pretended = '-----BEGIN CERTIFICATE REQUEST-----\nAA==\n-----END CERTIFICATE REQUEST-----\n'

/** How certificates are pretended: all hosts of a simulator answer with its own, so nothing changes. */
export function certificatePlan(task: TaskOf<'certificate.request' | 'certificate.install'>): Plan {
  return {
    ms: [5, 50],
    effect: (): CertificateRequested | null => (task.kind === 'certificate.request' ? { request: pretended } : null),
  }
}
