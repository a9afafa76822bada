/** Machines that let the engine in and do all it asks, for tests of the job that installs them: `moduleFiles` of a world. */
import type { DomainModule } from '../src/core/registry.ts'
import { noOutside } from '../src/jobs/outside-port.ts'

export const pretendedFingerprint = `SHA256:${'A'.repeat(43)}`

export const pretendedUntil = new Date('2031-01-01T00:00:00.000Z')

export const testModule: DomainModule = {
  name: 'pretended-outside',
  operations: [],
  queries: [],
  jobs: [],
  reconcilers: [],
  outside: () => ({
    ...noOutside,
    hostKey: async () => ({ fingerprint: pretendedFingerprint, type: 'ssh-ed25519' }),
    certify: async () => ({ certificate: 'pretended', ca: 'pretended', validUntil: pretendedUntil }),
    look: async () => ({ fingerprint: pretendedFingerprint, remarks: ['It is pretended.'] }),
    admitKey: async () => {},
    hasAgent: async () => false,
    sendAgent: async () => {},
    enrolHost: async target => ({ hostUuid: target.hostId, port: 54_321, validUntil: '2030-01-01T00:00:00.000Z' }),
    prepareHost: async () => ['libvirt listens.'],
    startAgent: async () => {},
    restartAgent: async () => {},
  }),
}
