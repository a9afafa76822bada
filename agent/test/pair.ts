/** Two real hosts that can send each other guests, on one shared directory, and a switch between them with room for a client outside. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomUUID } from 'node:crypto'
import { TestEngine } from './engine.ts'
import { AgentHost } from './fixture.ts'
import { makePki } from './pki.ts'

const addresses = ['10.214.0.1', '10.214.0.2'] as const
/** The address of whoever stands outside, on the guests' network. */
export const outsideAddress = '10.215.0.1'

/** Both hosts with what tests need of them. */
export class Pair implements AsyncDisposable {
  readonly hosts: readonly [AgentHost, AgentHost]
  readonly engines: readonly [TestEngine, TestEngine]
  readonly networkId = randomUUID()
  readonly #folder: string
  /** Holds the network namespace in which the switch and the client are; the end of its input ends it. */
  readonly #outside: ChildProcess

  static async start(): Promise<Pair> {
    const folder = mkdtempSync(join(tmpdir(), 'rk-pair.'))
    const outside = spawn('unshare', ['--net', '--kill-child', '--', 'cat'], { stdio: ['pipe', 'ignore', 'inherit'] })
    await once(outside, 'spawn')
    const started: AgentHost[] = []
    try {
      const pki = makePki(join(folder, 'pki'), addresses)
      const peer = (n: 0 | 1) => ({ hostname: `rkhost${n + 1}`, address: addresses[n], pki })
      const first = await AgentHost.start({}, peer(0))
      started.push(first)
      const second = await AgentHost.start({ engineId: first.engineId }, peer(1))
      started.push(second)
      const pair = new Pair(folder, outside, [first, second])
      await pair.#wire()
      return pair
    } catch (error) {
      for (const host of started) await host[Symbol.asyncDispose]()
      outside.stdin?.end()
      rmSync(folder, { recursive: true, force: true })
      throw error
    }
  }

  private constructor(folder: string, outside: ChildProcess, hosts: readonly [AgentHost, AgentHost]) {
    this.#folder = folder
    this.#outside = outside
    this.hosts = hosts
    this.engines = [new TestEngine(hosts[0]), new TestEngine(hosts[1])]
  }

  /** A cable between the hosts, one of each to the switch, and storage and network on both. */
  async #wire(): Promise<void> {
    const [one, two] = this.hosts
    const ip = (...words: string[]) => execFileSync('ip', words, { stdio: ['ignore', 'ignore', 'pipe'] })
    const pid = this.#outside.pid ?? 0
    ip(
      'link',
      'add',
      'mig0',
      'netns',
      String(one.pid),
      'type',
      'veth',
      'peer',
      'name',
      'mig0',
      'netns',
      String(two.pid),
    )
    this.outside('ip', 'link', 'set', 'lo', 'up')
    this.outside('ip', 'link', 'add', 'sw0', 'type', 'bridge')
    this.outside('ip', 'address', 'add', `${outsideAddress}/24`, 'dev', 'sw0')
    this.outside('ip', 'link', 'set', 'sw0', 'up')
    await this.engines[0].share(this.engines[1])
    for (const [n, host] of this.hosts.entries()) {
      host.inNetwork('ip', 'address', 'add', `${addresses[n as 0 | 1]}/24`, 'dev', 'mig0')
      host.inNetwork('ip', 'link', 'set', 'mig0', 'up')
      const engine = this.engines[n as 0 | 1]
      await engine.run({ kind: 'network.ensure', networkId: this.networkId, name: 'span', mode: 'isolated', mtu: 0 })
      const bridge = /^(rkt[0-9a-f]+)/m.exec(host.inNetwork('ip', '-br', 'link', 'show', 'type', 'bridge'))?.[1] ?? ''
      ip('link', 'add', 'up0', 'netns', String(host.pid), 'type', 'veth', 'peer', 'name', `h${n}`, 'netns', String(pid))
      host.inNetwork('ip', 'link', 'set', 'up0', 'master', bridge, 'up')
      this.outside('ip', 'link', 'set', `h${n}`, 'master', 'sw0', 'up')
    }
  }

  /** The words before a program that is to run outside of the hosts, on the switch that joins their networks. */
  get intoOutside(): string[] {
    return ['nsenter', `--net=/proc/${this.#outside.pid}/ns/net`, '--']
  }

  /** Runs a program there. */
  outside(program: string, ...args: string[]): string {
    const [enter = '', ...words] = [...this.intoOutside, program, ...args]
    return execFileSync(enter, words, { encoding: 'utf8' })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const engine of this.engines) engine.stop()
    for (const host of this.hosts) await host[Symbol.asyncDispose]()
    this.#outside.stdin?.end()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
