import { unavailable } from '@rookery/model'

/** A host as its certificate names it. */
export interface CertifiedHost {
  readonly id: string
  readonly name: string
  /** Name or address by which engine and other hosts reach it. */
  readonly address: string
}

/** A certificate that was signed, PEM, and until when it is good. */
export interface Certified {
  readonly certificate: string
  readonly ca: string
  readonly validUntil: Date
}

/** A machine that is to become a host, and how it is signed in to. */
export interface InstallTarget {
  readonly hostId: string
  readonly name: string
  readonly address: string
  readonly port: number
  readonly user: string
  /** Of the host key, as OpenSSH shows it; null at the first visit. */
  readonly fingerprint: string | null
}

/** What a first look found. */
export interface Looked {
  readonly fingerprint: string
  /** What is worth knowing, as sentences. */
  readonly remarks: readonly string[]
}

/** The key by which a machine shows itself over SSH. */
export interface HostKey {
  /** As OpenSSH shows it, `SHA256:…`. */
  readonly fingerprint: string
  /** `ssh-ed25519` and the like. */
  readonly type: string
}

/** What a machine is once it has its certificate. */
export interface EnrolledHost {
  readonly hostUuid: string
  readonly port: number
  /** ISO 8601. */
  readonly validUntil: string
}

/** What jobs can reach beside the database and hosts' agents; inventory implements it. */
export interface OutsidePort {
  /**
   * Signs the key of a host's certificate request with the installation's authority.
   * @throws RookeryError `invalid` `certificate.request`; `unsupported` `certificate.no_authority`
   */
  certify(request: string, host: CertifiedHost): Promise<Certified>
  /**
   * The key that an SSH server shows, without signing in.
   * @throws RookeryError `unavailable` `host.install.unresolvable`, `host.install.unreachable`
   */
  hostKey(at: { address: string; port: number }, signal: AbortSignal): Promise<HostKey>
  /** Looks whether a machine can become a host; throws why not, having changed nothing. */
  look(target: InstallTarget, signal: AbortSignal): Promise<Looked>
  /** Lets the engine in by its own key from now on. */
  admitKey(target: InstallTarget, signal: AbortSignal): Promise<void>
  /** Whether the machine has the very agent, and Node, that `sendAgent` would bring. */
  hasAgent(target: InstallTarget, signal: AbortSignal): Promise<boolean>
  /** Brings the agent, with the Node that it runs on. */
  sendAgent(target: InstallTarget, signal: AbortSignal): Promise<void>
  /** Gives the machine a certificate for a key that it makes. */
  enrolHost(target: InstallTarget, signal: AbortSignal): Promise<EnrolledHost>
  /** Makes libvirt of the machine ready for guests that come from other hosts; says what was changed, as sentences. */
  prepareHost(target: InstallTarget, signal: AbortSignal): Promise<readonly string[]>
  /** Starts the agent, or starts it again; resolves when it takes connections. */
  startAgent(target: InstallTarget, signal: AbortSignal): Promise<void>
  /** Ends an agent that does not answer, at once, and starts it again; only on a machine that has one. Guests go on. */
  restartAgent(target: InstallTarget, signal: AbortSignal): Promise<void>
}

/** For engines without inventory, in tests. */
export const noOutside: OutsidePort = {
  certify: nothing,
  hostKey: nothing,
  look: nothing,
  admitKey: nothing,
  hasAgent: nothing,
  sendAgent: nothing,
  enrolHost: nothing,
  prepareHost: nothing,
  startAgent: nothing,
  restartAgent: nothing,
}

async function nothing(): Promise<never> {
  throw unavailable('host.port', 'This engine has no way to hosts.')
}
