import { createHash } from 'node:crypto'
import { conflict, unauthenticated, unavailable } from '@rookery/model'
import { Client, type ServerHostKeyAlgorithm } from 'ssh2'
import type { HostKey } from '../../jobs/outside-port.ts'

/** Where and how to sign in. */
export interface SshAddress {
  readonly address: string
  readonly port: number
  readonly user: string
  /** `SHA256:…` as OpenSSH shows it; null at the first visit. */
  readonly fingerprint: string | null
}

/** What a command said. */
export interface SshSaid {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** A connection that has been let in. */
export interface SshShell {
  /** Of the host key that the machine showed. */
  readonly fingerprint: string
  /** Runs a command with this input; resolves however it ends. */
  run(command: string, input?: string | Buffer): Promise<SshSaid>
}

/** OpenSSH's form of a host key's hash. */
export const fingerprintOf = (key: Buffer): string =>
  `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`

/** Longest that a connection may take, and that a command may be silent for, milliseconds. */
const connectMs = 20_000
const outputLimit = 1024 * 1024

/** Kinds of host keys, in the order in which they are asked for: a server shows the first that it has. */
const keyKinds: readonly ServerHostKeyAlgorithm[][] = [
  ['ssh-ed25519'],
  ['ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521'],
  ['rsa-sha2-512', 'rsa-sha2-256'],
]

/**
 * The key that a server shows, without signing in.
 * @throws RookeryError `unavailable` `host.install.unresolvable`, `host.install.unreachable`
 */
export async function hostKeyOf(at: { address: string; port: number }, signal: AbortSignal): Promise<HostKey> {
  const client = new Client()
  let shown: Buffer | undefined
  try {
    await connected(client, { ...at, user: 'root', fingerprint: null }, {}, keyKinds.flat(), signal, key => {
      shown = key
      return false // seen, and that is all that was wanted
    })
  } catch (error) {
    if (shown === undefined) throw error
  } finally {
    client.destroy()
  }
  if (shown === undefined) throw unavailable('host.install.unreachable', `${at.address} showed no key.`)
  // The blob of a key begins with its kind, as a length and the word.
  return { fingerprint: fingerprintOf(shown), type: shown.subarray(4, 4 + shown.readUInt32BE()).toString('latin1') }
}

/**
 * Signs in, lets `work` run commands, and hangs up. A pinned fingerprint may be of any of the machine's keys.
 * @throws RookeryError `unavailable` `host.install.unresolvable`, `host.install.unreachable`; `conflict` `host.install.fingerprint`;
 * `unauthenticated` `host.install.credentials`
 */
export async function withShell<T>(
  at: SshAddress,
  proof: { password: string } | { privateKey: string },
  signal: AbortSignal,
  work: (shell: SshShell) => Promise<T>,
): Promise<T> {
  const kinds = at.fingerprint === null ? [keyKinds.flat()] : [keyKinds.flat(), ...keyKinds]
  let found = ''
  for (const kind of kinds) {
    const client = new Client()
    let fingerprint = ''
    try {
      await connected(client, at, proof, kind, signal, key => {
        fingerprint = fingerprintOf(key)
        return at.fingerprint === null || at.fingerprint === fingerprint
      })
      client.on('error', () => {}) // what is under way fails by itself
      return await work({ fingerprint, run: (command, input) => run(client, at, command, input) })
    } catch (error) {
      // Another key than the pinned one was shown, or, asked for a certain kind, none: the next kind may be it.
      if (at.fingerprint === null || fingerprint === at.fingerprint || signal.aborted) throw error
      if (fingerprint === '' && found === '') throw error
      found ||= fingerprint
    } finally {
      client.end()
    }
  }
  throw conflict(
    'host.install.fingerprint',
    `${at.address} shows the fingerprint ${found}, not ${at.fingerprint}. Another machine may answer there; nothing was sent to it.`,
    { detail: { found, wanted: at.fingerprint } },
  )
}

/** Resolves when the client is let in. */
async function connected(
  client: Client,
  at: SshAddress,
  proof: { password?: string; privateKey?: string },
  serverHostKey: ServerHostKeyAlgorithm[],
  signal: AbortSignal,
  hostVerifier: (key: Buffer) => boolean,
): Promise<void> {
  signal.throwIfAborted()
  const hangUp = () => client.destroy()
  signal.addEventListener('abort', hangUp, { once: true })
  client.once('close', () => signal.removeEventListener('abort', hangUp))
  await new Promise<void>((resolve, reject) => {
    client.once('ready', resolve)
    client.once('error', error => reject(refused(at, error)))
    client.once('close', () => reject(unavailable('host.install.unreachable', `${at.address} hung up.`)))
    client.connect({
      host: at.address,
      port: at.port,
      username: at.user,
      ...proof,
      algorithms: { serverHostKey },
      readyTimeout: connectMs,
      keepaliveInterval: 10_000,
      hostVerifier,
    })
  })
}

function run(client: Client, at: SshAddress, command: string, input: string | Buffer = ''): Promise<SshSaid> {
  return new Promise((resolve, reject) => {
    const broke = () => reject(unavailable('host.install.unreachable', `The connection to ${at.address} broke.`))
    client.once('close', broke)
    client.exec(command, (error, channel) => {
      if (error) return reject(error)
      let stdout = ''
      let stderr = ''
      let code = 255
      channel.setEncoding('utf8').on('data', (text: string) => (stdout = (stdout + text).slice(-outputLimit)))
      channel.stderr.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(-outputLimit)))
      channel.on('exit', (ended: number | null) => (code = ended ?? 255))
      channel.on('close', () => {
        client.off('close', broke)
        resolve({ code, stdout, stderr })
      })
      channel.end(input)
    })
  })
}

function refused(at: SshAddress, error: Error & { level?: string; code?: string }): Error {
  if (error.level === 'client-authentication')
    return unauthenticated(
      'host.install.credentials',
      `${at.address} does not let ${at.user} in with this password or key.`,
      { detail: { user: at.user } },
    )
  if (error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN')
    return unavailable('host.install.unresolvable', `The name ${at.address} cannot be resolved here.`, {
      detail: { address: at.address },
    })
  return unavailable(
    'host.install.unreachable',
    `${at.address} does not answer on port ${at.port}: ${error.message}.`,
    { detail: { address: at.address, port: at.port } },
  )
}
