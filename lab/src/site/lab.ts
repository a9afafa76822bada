import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { until } from '../guest/until.ts'
import type { LabHost, LabSaid } from '../hosts/command.ts'
import { labReport } from '../hosts/power.ts'
import { labPaths } from '../hosts/settings.ts'
import type { Said } from './door.ts'
import { ClosedFolder } from './folder.ts'
import { freePort, Instance } from './instance.ts'

/** One host of a lab, as a test handles it. */
export class Host {
  readonly name: string
  readonly address: string
  /** The engine's id of it. */
  readonly id: string
  /** Of a bare machine: the file with its root's password. */
  readonly rootPasswordFile: string
  readonly #lab: Lab

  constructor(lab: Lab, said: LabHost) {
    this.name = said.name
    this.address = said.address
    this.id = said.id ?? ''
    this.rootPasswordFile = said.rootPasswordFile ?? ''
    this.#lab = lab
  }

  /** Runs a program in the host; fails unless it ends with 0. Gives what it printed. */
  async exec(...words: string[]): Promise<string> {
    const said = await this.tryExec(...words)
    assert.equal(said.code, 0, `${words.join(' ')} in ${this.name} ended with ${said.code}: ${said.stderr}`)
    return said.stdout
  }

  /** Runs a program in the host, however it ends. Without the door's half second: it enters the host's namespaces itself. */
  async tryExec(...words: string[]): Promise<Said> {
    const into = ['--mount', '--uts', '--ipc', '--net', '--pid']
    const child = spawn('nsenter', ['--target', String(await this.pid()), ...into, '--', ...words], {
      cwd: '/',
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (s: string) => (stdout += s))
    child.stderr.setEncoding('utf8').on('data', (s: string) => (stderr += s))
    return new Promise((resolve, reject) => {
      child.on('error', reject)
      child.on('close', code => resolve({ code, stdout, stderr }))
    })
  }

  /** Its first process, as this machine counts them. */
  async pid(): Promise<number> {
    return (await this.#report())?.pid ?? assert.fail(`${this.name} is off`)
  }

  /** The process of one of its programs, as the host counts them: libvirtd, virtlogd or agent. */
  async programPid(name: 'agent' | 'libvirtd' | 'virtlogd'): Promise<number> {
    const program = (await this.#report())?.programs.find(each => each.name === name)
    return program?.pid ?? assert.fail(`${name} of ${this.name} has no process`)
  }

  /** Pulls the plug: everything in the host ends at once. */
  kill = (): Promise<void> => this.#lab.must('kill', this.name)
  /** Switches it on again. */
  start = (): Promise<void> => this.#lab.must('start', this.name)
  /** Cuts it off from these hosts (or `engine`), or from all; the storage stays. */
  partition = (...from: string[]): Promise<void> =>
    this.#lab.must('partition', this.name, ...(from.length === 0 ? [] : ['--from', ...from]))
  /** Takes every cut back. */
  heal = (): Promise<void> => this.#lab.must('heal', this.name)

  /** Waits until the engine shows it with this status. */
  untilIs(status: string, o: { deadlineMs?: number } = {}): Promise<void> {
    const { deadlineMs = 180_000 } = o
    return until(
      `${this.name} to be ${status}`,
      async () => {
        const now = (await this.#lab.list()).hosts.find(host => host.name === this.name)?.status
        if (now !== status) throw new Error(`it is ${String(now)}`)
        return true
      },
      { deadlineMs, everyMs: 500 },
    ).then(() => undefined)
  }

  async #report() {
    const report = await labReport(labPaths(this.#lab.instance.dataDir))
    return report?.hosts.find(host => host.name === this.name)
  }
}

/** An instance with a lab, by the product's own door. Everything is gone with the test, however that ends. */
export class Lab {
  readonly instance: Instance
  readonly #folder: ClosedFolder | undefined
  hosts: readonly Host[] = []
  /** Where guests get their addresses: a /24 in which this machine is .1. */
  guestSubnet = ''

  constructor(instance: Instance, folder?: ClosedFolder) {
    this.instance = instance
    this.#folder = folder
  }

  /** `lab up`; fails with what it wrote unless it ends with 0. */
  async up(hosts: number, bare = 0): Promise<LabSaid> {
    const said = await this.instance.command(
      'lab',
      'up',
      '--yes',
      '--json',
      '--hosts',
      String(hosts),
      '--bare',
      String(bare),
    )
    assert.equal(said.code, 0, `lab up ended with ${said.code}:\n${said.stderr}`)
    const lab = JSON.parse(said.stdout) as LabSaid
    this.hosts = lab.hosts.map(host => new Host(this, host))
    this.guestSubnet = lab.guestSubnet
    return lab
  }

  /** The host of this name. */
  host(name: string): Host {
    return this.hosts.find(host => host.name === name) ?? assert.fail(`there is no host ${name}`)
  }

  async list(): Promise<LabSaid> {
    return JSON.parse((await this.instance.command('lab', 'list', '--json')).stdout) as LabSaid
  }

  /** A lab command that must succeed. */
  async must(...words: string[]): Promise<void> {
    const said = await this.instance.command('lab', ...words)
    assert.equal(said.code, 0, `lab ${words.join(' ')} ended with ${said.code}: ${said.stderr}`)
  }

  /** The directory that all hosts see, as this machine finds it. */
  get shared(): string {
    return labPaths(this.instance.dataDir).shared
  }

  /** Takes everything away. False when something is left that could not be. */
  async remove(): Promise<boolean> {
    return (await this.#folder?.remove()) ?? true
  }
}

/**
 * Starts an instance with a lab of its own in a folder that is closed to others. Needs root and the host's packages. The first start on a
 * machine takes some seconds more.
 */
export async function startLab(o: { hosts: number; bare?: number; password?: string }): Promise<Lab> {
  const folder = await ClosedFolder.make()
  const lab = new Lab(
    new Instance({
      dataDir: join(folder.path, 'one'),
      port: await freePort(),
      ...(o.password === undefined ? {} : { password: o.password }),
    }),
    folder,
  )
  try {
    await lab.instance.up()
    await lab.up(o.hosts, o.bare)
  } catch (error) {
    process.stderr.write((await lab.instance.command('logs', '--lines', '30')).stdout)
    await lab.remove()
    throw error
  }
  return lab
}
