import { createHash } from 'node:crypto'
import { hostname, networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { conflict, invalid } from '@rookery/model'
import { EnrolmentAnswer, type EnrolmentRequest } from '@rookery/protocol'
import { AgentConfig } from '../config.ts'
import { agentVersion } from '../facts/facts.ts'
import { tryProgram } from '../run-program.ts'
import { openState } from '../state/database.ts'
import { hostUuidOf } from '../state/host-state.ts'
import { ask, type EngineAt, fetchAuthority } from './ask-engine.ts'
import { layOutPki } from '../migration/pki.ts'
import { spareCard } from './spare-card.ts'
import { type CertificateFiles, newKeyFile, put, putCertificate, readKey } from './certificates.ts'
import { readJoinToken } from './join-token.ts'

/** What a person may say of the host; everything has a value that fits an ordinary one. */
export interface HostOptions {
  readonly config: string
  readonly listen?: string | undefined
  readonly dataDir?: string | undefined
  readonly runDir?: string | undefined
  readonly accel?: string | undefined
  readonly uplink?: string | undefined
  readonly subnet?: string | undefined
  /** Folder for the certificates of libvirt and QEMU. */
  readonly pki?: string | undefined
  /** A folder with fence agents, beside the usual one. */
  readonly fenceAgents?: string | undefined
}

/** What may be said beside, when a host joins by a token. */
export interface JoinOptions extends HostOptions {
  readonly token: string
  readonly engine?: string | undefined
  readonly engineName?: string | undefined
  /** How the engine reaches this host; else the address by which this host reached the engine. */
  readonly address?: string | undefined
  /** Leaves another engine that this host belonged to. */
  readonly force?: boolean | undefined
}

/** The ports that oVirt's hosts have. */
const port = 54_321
const imagesPort = 54_322

/**
 * Makes this machine a host of an engine: a key that stays here, a certificate for it, and the agent's configuration. The agent itself is
 * started by whoever calls. Repeating it with the same token comes to the same.
 * @returns what the host is called
 */
export async function joinEngine(o: JoinOptions): Promise<string> {
  const token = readJoinToken(o.token)
  const tls = await filesOf(o)
  const at: EngineAt = { url: o.engine ?? token.engine, name: o.engineName }
  const ca = await fetchAuthority(at, token.fingerprint)
  const known = await readKey(tls.ca)
  if (known !== null && known.trim() !== ca.trim() && o.force !== true)
    throw conflict(
      'join.other_engines_host',
      'This machine is a host of another engine. Remove it there first, or repeat with --force to take it away from that one. ' +
        'Nothing was changed.',
    )
  const request = await requestOf(tls)
  const { localAddress } = await ask(at, '/health', { ca })
  const address = o.address ?? localAddress
  const hostUuid = await ownUuid(o)
  const body: EnrolmentRequest = {
    token: token.secret,
    request,
    hostUuid,
    hostname: hostname(),
    address,
    port,
    agentVersion,
    now: Date.now(),
  }
  const answer = EnrolmentAnswer.parse(JSON.parse((await ask(at, '/api/enroll', { ca, body })).body))
  await settle(o, answer, address)
  return answer.name
}

/** What the engine asks for over SSH: a certificate request, and which machine this is. Nothing of the host changes. */
export async function askForEnrolment(o: HostOptions): Promise<{ request: string; hostUuid: string }> {
  return { request: await requestOf(await filesOf(o)), hostUuid: await ownUuid(o) }
}

/** Puts the engine's answer into use: certificate, what libvirt and QEMU need of it, and the agent's configuration. */
export async function settle(o: HostOptions, answer: EnrolmentAnswer, address: string): Promise<void> {
  const before = await configBefore(o.config)
  const tls = await filesOf(o)
  await putCertificate(tls, { certificate: answer.certificate, ca: answer.ca })
  // libvirt does not begin to listen for other hosts without it, so it is there before libvirt starts.
  const pki = o.pki ?? before?.migration?.pki ?? '/etc/pki/rookery'
  layOutPki(pki, tls, await qemuOwner())
  const config = AgentConfig.parse({
    listen: { host: o.listen ?? '0.0.0.0', port },
    imagesListen: { host: o.listen ?? '0.0.0.0', port: imagesPort },
    advertise: address,
    tls: { ...tls, clientName: answer.clientName },
    dataDir: await dataDirOf(o),
    runDir: o.runDir ?? before?.runDir ?? '/run/rookery-agent',
    engineId: answer.engineId,
    libvirtSocket: before?.libvirtSocket ?? '/run/libvirt/libvirt-sock',
    accel: o.accel ?? before?.accel ?? 'auto',
    network: {
      bridgePrefix: `rk${answer.engineId.slice(0, 6)}`,
      subnet: o.subnet ?? before?.network.subnet ?? freeSubnet(await ownUuid(o)),
      uplink: o.uplink ?? before?.network.uplink ?? (await spareCard()),
    },
    migration: { address, pki },
    fenceAgents: o.fenceAgents === undefined ? before?.fenceAgents : ['/usr/sbin', o.fenceAgents],
  })
  await put(o.config, `${JSON.stringify(config, null, 2)}\n`, 0o600)
}

const dataDirOf = async (o: HostOptions): Promise<string> =>
  o.dataDir ?? (await configBefore(o.config))?.dataDir ?? '/var/opt/rookery-agent'

async function filesOf(o: HostOptions): Promise<CertificateFiles> {
  const folder = join(await dataDirOf(o), 'tls')
  return { cert: join(folder, 'server.crt'), key: join(folder, 'server.key'), ca: join(folder, 'ca.crt') }
}

/** This machine's name for good, made when it is first asked for. */
async function ownUuid(o: HostOptions): Promise<string> {
  const state = openState(await dataDirOf(o))
  try {
    return hostUuidOf(state)
  } finally {
    state.close()
  }
}

/** A request for the key that waits for its certificate, made anew where none does: repeating a join asks for the same key. */
async function requestOf(tls: CertificateFiles): Promise<string> {
  const { makeRequest, requestFor } = await import('@rookery/pki/x509')
  const waiting = await readKey(newKeyFile(tls))
  if (waiting !== null) return requestFor(waiting, hostname())
  const { key, request } = await makeRequest(hostname())
  await put(newKeyFile(tls), key, 0o600)
  return request
}

async function configBefore(file: string): Promise<AgentConfig | null> {
  const text = await readKey(file)
  if (text === null) return null
  const parsed = AgentConfig.safeParse(JSON.parse(text))
  if (parsed.success) return parsed.data
  throw invalid('agent.config', `${file} is there and is no configuration of this release; remove it, then repeat.`)
}

/** QEMU's user and group as Debian's libvirt has them; null where libvirt is not installed. */
async function qemuOwner(): Promise<{ uid: number; gid: number } | null> {
  const { code, stdout } = await tryProgram('getent', ['passwd', 'libvirt-qemu'])
  const [, , uid, gid] = stdout.trim().split(':').map(Number)
  return code === 0 && uid !== undefined && gid !== undefined ? { uid, gid } : null
}

/** A /24 for guests behind NAT that this machine has no address in; the same for the same machine while that is so. */
function freeSubnet(hostUuid: string): string {
  const taken = Object.values(networkInterfaces()).flatMap(list => (list ?? []).map(each => each.address))
  const seed = createHash('sha256').update(hostUuid).digest().readUInt16BE()
  for (let n = 0; n < 65_000; n++) {
    const at = (seed + n) % 65_000
    const prefix = `10.${1 + Math.floor(at / 256)}.${at % 256}`
    if (!taken.some(address => address.startsWith(`${prefix}.`))) return `${prefix}.0/24`
  }
  return '192.168.233.0/24'
}
