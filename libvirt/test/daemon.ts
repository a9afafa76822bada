/**
 * Private libvirt daemons for tests: libvirtd and virtlogd in namespaces of their own, with their own configuration
 * and state below a temporary directory, reached by a socket that is visible from outside. They share nothing with a
 * libvirt that the machine may run.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { constants } from 'node:fs'
import { access, chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { connect, type ConnectOptions, type Libvirt } from '../src/index.ts'
import { until } from '../src/testing/until.ts'

const PROGRAMS = ['libvirtd', 'virtlogd', 'qemu-system-x86_64', 'unshare', 'tini', 'ip']

/** Why daemons cannot be started here, or null when they can. For node:test's `skip`. */
export async function missingForDaemons(): Promise<string | null> {
  if (process.getuid?.() !== 0) return 'needs root for namespaces'
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin']
  for (const program of PROGRAMS) {
    const found = await Promise.all(
      folders.map(folder =>
        access(join(folder, program), constants.X_OK).then(
          () => true,
          () => false,
        ),
      ),
    )
    if (!found.includes(true)) return `${program} is not installed`
  }
  return null
}

export class TestDaemon implements AsyncDisposable {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>
  readonly #lines: Interface
  /** Everything of this host; also visible inside it under the same path. */
  readonly directory: string
  readonly socket: string
  readonly hostname: string

  /** Starts a host and waits until its daemon answers. `libvirtdConf` is added to its configuration. */
  static async start(options: { hostname?: string; libvirtdConf?: string } = {}): Promise<TestDaemon> {
    const directory = await mkdtemp(join(tmpdir(), 'libvirt-test.'))
    await chmod(directory, 0o755)
    const hostname = options.hostname ?? 'lvtest'
    await writeConfiguration(directory, hostname, options.libvirtdConf ?? '')
    const namespaces = ['--mount', '--pid', '--net', '--uts', '--fork', '--kill-child']
    const init = ['tini', '--', '/bin/sh', join(import.meta.dirname, 'daemon-init.sh'), directory]
    const child = spawn('unshare', [...namespaces, '--', ...init], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin`, LC_ALL: 'C' },
    })
    const daemon = new TestDaemon(directory, hostname, child)
    try {
      await daemon.startDaemon()
      return daemon
    } catch (error) {
      const log = await readFile(join(directory, 'libvirtd.out'), 'utf8').catch(() => 'no output')
      await daemon.stop()
      throw new Error(`libvirtd did not start: ${log.slice(-2000)}`, { cause: error })
    }
  }

  constructor(directory: string, hostname: string, child: ChildProcessByStdio<Writable, Readable, null>) {
    this.directory = directory
    this.hostname = hostname
    this.socket = join(directory, 'run/libvirt/libvirt-sock')
    this.#process = child
    this.#lines = createInterface({ input: child.stdout })
  }

  /** Connects to this daemon. */
  connect(options: ConnectOptions = {}): Promise<Libvirt> {
    return connect({ socket: this.socket, uri: 'qemu:///system', ...options })
  }

  /** Starts libvirtd after `stopDaemon` or `killDaemon` and waits until it answers. Guests were running on. */
  async startDaemon(): Promise<void> {
    await this.#command('start')
    await until('libvirtd answers', async () => {
      const client = await this.connect({ uri: 'test:///default' }).catch(() => null)
      await client?.close()
      return client !== null
    })
  }

  /** Ends libvirtd in good order; guests run on. */
  async stopDaemon(): Promise<void> {
    await this.#command('stop')
  }

  /** Ends libvirtd with SIGKILL; guests run on. */
  async killDaemon(): Promise<void> {
    await this.#command('kill')
  }

  /** Stops libvirtd from running without ending it: a hung daemon. */
  async freeze(): Promise<void> {
    await this.#command('freeze')
  }

  async thaw(): Promise<void> {
    await this.#command('thaw')
  }

  /** Stops a guest's QEMU process from running, lets it run again, or ends it: a hypervisor that hangs or crashes. */
  async signalGuest(name: string, signal: 'STOP' | 'CONT' | 'KILL'): Promise<void> {
    await this.#command(`signal ${signal} /run/libvirt/qemu/${name}.pid`)
  }

  /** Ends the host with everything on it and removes its directory. */
  async stop(): Promise<void> {
    const child = this.#process
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit')
      child.stdin.end()
      const deadline = setTimeout(() => child.kill('SIGKILL'), 10_000)
      await exited
      clearTimeout(deadline)
    }
    this.#lines.close()
    await rm(this.directory, { recursive: true, force: true })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  async #command(command: string): Promise<void> {
    const answered = once(this.#lines, 'line', { signal: AbortSignal.timeout(30_000) })
    this.#process.stdin.write(`${command}\n`)
    await answered
  }
}

async function writeConfiguration(directory: string, hostname: string, libvirtdConf: string): Promise<void> {
  const folders = [
    'run/libvirt',
    'run/lock',
    'small',
    'etc/libvirt/qemu/networks',
    'etc/libvirt/nwfilter',
    'var/lib/libvirt/images',
    'var/lib/libvirt/qemu',
    'var/log/libvirt/qemu',
    'var/cache/libvirt/qemu',
  ]
  for (const folder of folders) await mkdir(join(directory, folder), { recursive: true })
  await writeFile(join(directory, 'hostname'), hostname)
  await writeFile(
    join(directory, 'etc/libvirt/libvirtd.conf'),
    [
      `host_uuid = "${randomUUID()}"`,
      'auth_unix_ro = "none"',
      'auth_unix_rw = "none"',
      'unix_sock_rw_perms = "0700"',
      'log_outputs = "3:stderr"',
      libvirtdConf,
      '',
    ].join('\n'),
  )
  await writeFile(
    join(directory, 'etc/libvirt/qemu.conf'),
    [
      'user = "root"',
      'group = "root"',
      'security_driver = "none"',
      // Guests need no confinement from each other here, and the machine may not allow these.
      'namespaces = []',
      'cgroup_controllers = []',
      'vnc_listen = "127.0.0.1"',
      '',
    ].join('\n'),
  )
}
