/** A real agent process over a private libvirt daemon, with certificates of a CA of its own, for the lab and contract suites. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import {
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { withStorageGroup } from '@rookery/cli/system/storage-group'
import { AgentClient } from '@rookery/protocol/client'
import { TestDaemon } from '../../libvirt/test/daemon.ts'
import { layOutPki, pkiFolders } from '../src/migration/pki.ts'
import { makePki, type Pki } from './pki.ts'

/** The agent's ports, in a network namespace where nobody else is. */
const agentPort = 54_321
const imagesPort = 54_322

/** The process whose namespaces are those of a daemon, as its folder in /proc. */
function insideOf(daemon: TestDaemon): string {
  const own = readlinkSync('/proc/self/ns/net')
  for (const pid of readdirSync('/proc').filter(name => /^\d+$/.test(name))) {
    try {
      const isIts = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(daemon.directory)
      if (isIts && readlinkSync(`/proc/${pid}/ns/net`) !== own) return `/proc/${pid}`
    } catch {
      // The process went away while we looked.
    }
  }
  throw new Error('the namespaces of the daemon were not found')
}

/**
 * Lets QEMU run as the user of Debian's package and a member of the group that owns storage, as on a real host, where closed folders and
 * files of others stop it. A /dev/kvm that
 * only root may open is hidden: libvirt probes QEMU with the right to override file modes, finds KVM, then checks as QEMU's user, finds
 * none, and probes again at every call, which makes each start 20 seconds longer.
 */
async function runGuestsUnprivileged(daemon: TestDaemon, qemuConf: string): Promise<void> {
  if (!/^libvirt-qemu:/m.test(readFileSync('/etc/passwd', 'utf8'))) return
  const file = join(daemon.directory, 'etc/libvirt/qemu.conf')
  const text = readFileSync(file, 'utf8').replace('user = "root"', 'user = "libvirt-qemu"')
  writeFileSync(
    file,
    `${text.replace('group = "root"', 'group = "kvm"')}dynamic_ownership = 1\nremember_owner = 0\n${qemuConf}`,
  )
  const bind = (from: string, to: string) =>
    execFileSync('nsenter', [`--mount=${insideOf(daemon)}/ns/mnt`, '--', 'mount', '--bind', from, to])
  const group = join(daemon.directory, 'etc-group')
  writeFileSync(group, withStorageGroup(readFileSync('/etc/group', 'utf8'), 'libvirt-qemu'), { mode: 0o644 })
  bind(group, '/etc/group')
  const hidden = join(daemon.directory, 'no-kvm')
  writeFileSync(hidden, '', { mode: 0 })
  if (existsSync('/dev/kvm')) bind(hidden, '/dev/kvm')
  await daemon.stopDaemon()
  await daemon.startDaemon()
}

/** A port of our loopback that leads to a port of another network namespace's. */
class Relay {
  readonly port: number
  readonly #inside: ChildProcess
  readonly #server: Server

  static async open(namespace: string, path: string, port: number): Promise<Relay> {
    const script = join(import.meta.dirname, 'netns-relay.ts')
    const command = [`--net=${namespace}`, '--', process.execPath, script, path, '127.0.0.1', String(port)]
    const inside = spawn('nsenter', command, { stdio: ['pipe', 'pipe', 'inherit'] })
    await once(inside.stdout, 'data')
    const server = createServer(near => {
      const far = connect(path)
      near.pipe(far).pipe(near)
      near.on('error', () => far.destroy())
      far.on('error', () => near.destroy())
      far.on('close', () => near.destroy())
      near.on('close', () => far.destroy())
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new Relay(inside, server)
  }

  private constructor(inside: ChildProcess, server: Server) {
    this.#inside = inside
    this.#server = server
    this.port = (server.address() as AddressInfo).port
  }

  close(): void {
    this.#server.close()
    this.#inside.stdin?.end()
  }
}

/** What hosts that know each other have in common, and what one of them has alone. */
export interface Peer {
  /** libvirt takes two hosts of one name for one. */
  readonly hostname: string
  readonly address: string
  readonly pki: Pki
}

/** A private host: libvirt daemon, folders, certificates, and the agent as a process that can be killed. */
export class AgentHost implements AsyncDisposable {
  readonly daemon: TestDaemon
  readonly folder: string
  readonly pki: Pki
  readonly engineId = randomUUID()
  readonly #extra: object
  #process: ChildProcess | null = null
  #client: AgentClient | null = null
  readonly #relays = new Map<number, Relay>()
  readonly #namespace: string
  readonly #address: string

  static async start(extra: object = {}, peer: Peer | null = null): Promise<AgentHost> {
    const daemon = await TestDaemon.start({ hostname: peer?.hostname ?? 'rkagent' })
    const host = new AgentHost(daemon, extra, peer)
    try {
      await runGuestsUnprivileged(daemon, peer === null ? '' : host.#listen())
      await host.startAgent()
      return host
    } catch (error) {
      await host[Symbol.asyncDispose]()
      throw error
    }
  }

  private constructor(daemon: TestDaemon, extra: object, peer: Peer | null) {
    this.daemon = daemon
    this.#address = peer?.address ?? '127.0.0.1'
    this.#extra = extra
    this.#namespace = `${insideOf(daemon)}/ns/net`
    this.folder = mkdtempSync(join(tmpdir(), 'rk-agent.'))
    execFileSync('chmod', ['711', this.folder])
    this.pki = peer?.pki ?? makePki(join(this.folder, 'pki'))
  }

  /** Lets libvirt be dialled by other hosts, with the certificates that the agent lays out; gives what QEMU must be told. */
  #listen(): string {
    const pki = join(this.folder, 'migration')
    layOutPki(pki, { cert: this.pki.host.cert, key: this.pki.host.key, ca: this.pki.ca }, null)
    const file = join(this.daemon.directory, 'etc/libvirt/libvirtd.conf')
    const { libvirt, qemu } = pkiFolders(pki)
    const lines = [
      'listen_tls = 1',
      'listen_tcp = 0',
      'tls_port = "16514"',
      `key_file = "${join(libvirt, 'serverkey.pem')}"`,
      `cert_file = "${join(libvirt, 'servercert.pem')}"`,
      `ca_file = "${join(libvirt, 'cacert.pem')}"`,
      '',
    ]
    writeFileSync(file, readFileSync(file, 'utf8') + lines.join('\n'))
    writeFileSync(join(this.daemon.directory, 'listen'), '')
    return `migrate_tls_x509_cert_dir = "${qemu}"\n`
  }

  /** A process whose namespaces are this host's. */
  get pid(): number {
    return Number(/\d+/.exec(this.#namespace)?.[0])
  }

  /** The engine's client of this agent. */
  get client(): AgentClient {
    if (this.#client === null) throw new Error('the agent is not running')
    return this.#client
  }

  /** Whether the agent's process runs. */
  get running(): boolean {
    return this.#client !== null
  }

  /** Where the agent answers. */
  get url(): string {
    return `https://127.0.0.1:${this.#relays.get(agentPort)?.port}`
  }

  /** A port of the test's own loopback that leads to one of the host's. */
  async reach(port: number): Promise<number> {
    let relay = this.#relays.get(port)
    if (relay === undefined) {
      relay = await Relay.open(this.#namespace, join(this.folder, `relay-${port}`), port)
      this.#relays.set(port, relay)
    }
    return relay.port
  }

  /** Runs a program in the host's network namespace and gives what it prints. */
  inNetwork(program: string, ...args: string[]): string {
    return execFileSync('nsenter', [`--net=${this.#namespace}`, '--', program, ...args], { encoding: 'utf8' })
  }

  /** What the agent's process wrote. */
  log(): string {
    return readFileSync(join(this.folder, 'agent.log'), 'utf8')
  }

  get configuration(): object {
    return {
      listen: { host: '127.0.0.1', port: agentPort },
      imagesListen: { host: '127.0.0.1', port: imagesPort },
      advertise: '127.0.0.1',
      tls: { cert: this.pki.host.cert, key: this.pki.host.key, ca: this.pki.ca },
      dataDir: join(this.folder, 'data'),
      runDir: join(this.folder, 'run'),
      engineId: this.engineId,
      libvirtSocket: this.daemon.socket,
      accel: 'tcg',
      network: { bridgePrefix: 'rkt', subnet: '10.213.0.0/24' },
      migration: { address: this.#address, pki: join(this.folder, 'migration') },
      log: { level: 'debug' },
      timing: { heartbeatMs: 500, statsMs: 1000, guestPollMs: 2000, guestPingMs: 500 },
      ...this.#extra,
    }
  }

  /** Starts the agent's process and waits until it listens. */
  async startAgent(): Promise<void> {
    const file = join(this.folder, 'agent.json')
    const logFile = join(this.folder, 'agent.log')
    writeFileSync(file, JSON.stringify(this.configuration))
    const out = openSync(logFile, 'a')
    const from = readFileSync(logFile).length
    const main = join(import.meta.dirname, '../src/main.ts')
    const command = [`--net=${this.#namespace}`, '--', process.execPath, main, '--config', file]
    const child = spawn('nsenter', command, { stdio: ['ignore', out, out] })
    this.#process = child
    await until('the agent is ready', () => {
      if (child.exitCode !== null) throw new Error(`the agent ended: ${this.log().slice(-3000)}`)
      const ready = /"port":(\d+),.*the agent is ready/.exec(readFileSync(logFile).subarray(from).toString())
      return ready === null ? null : true
    })
    await this.reach(agentPort)
    this.#client = new AgentClient({ url: this.url, tls: this.tls('engine') })
  }

  /** PEM texts for a client. */
  tls(who: 'engine' | 'stranger'): { cert: string; key: string; ca: string } {
    const read = (file: string) => readFileSync(file, 'utf8')
    return { cert: read(this.pki[who].cert), key: read(this.pki[who].key), ca: read(this.pki.ca) }
  }

  /** Ends the agent's process: in good order, or not. */
  async stopAgent(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    await this.#client?.close()
    this.#client = null
    const child = this.#process
    this.#process = null
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill(signal)
    const deadline = setTimeout(() => child.kill('SIGKILL'), 20_000)
    await exited
    clearTimeout(deadline)
  }

  /** A test that failed may have left guests, and with them networks, whose DHCP servers outlive the namespaces. */
  #endDhcpServers(): void {
    const folder = join(this.folder, 'data/network')
    if (!existsSync(folder)) return
    for (const name of readdirSync(folder).filter(n => n.endsWith('.pid'))) {
      try {
        const pid = Number(readFileSync(join(folder, name), 'utf8'))
        if (readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder)) process.kill(pid, 'SIGTERM')
      } catch {
        // It is gone already.
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopAgent('SIGTERM')
    for (const relay of this.#relays.values()) relay.close()
    await this.daemon.stop()
    this.#endDhcpServers()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** Waits for a state: until `look` gives something other than null or false. */
export async function until<T>(
  what: string,
  look: () => Promise<T | null | false> | T | null | false,
  deadlineMs = 240_000,
): Promise<T> {
  const deadline = Date.now() + deadlineMs
  for (;;) {
    const found = await look()
    if (found !== null && found !== false) return found
    if (Date.now() > deadline) throw new Error(`waited ${deadlineMs} ms in vain: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}
