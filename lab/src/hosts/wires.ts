import { type ChildProcess, spawn } from 'node:child_process'
import type { Server } from 'node:net'
import { plainEnv, must } from '@rookery/cli/system/exec'
import { fileURLToPath } from 'node:url'
import { nodeFlags } from '@rookery/cli/supervisor/children'
import {
  guestRange,
  type LabPaths,
  type LabSettings,
  ownAddress,
  ownCards,
  SWITCH_PORT,
  switchAddress,
  wireAddress,
} from './settings.ts'

/** The two wires of a lab: one by which engine and hosts talk, one for guests. */
const bridges = { management: 'mgmt', guests: 'guests' } as const

/** Cards of a host by the wire they are plugged into; eth0 carries the host's address, eth1 none. */
export const hostCards = { management: 'eth0', guests: 'eth1' } as const

/**
 * Cables and switches of a lab. The switches are bridges in a network namespace of their own, which lives as long as one small process:
 * firewalls and settings of this machine do not reach them, and when that process ends the kernel takes everything away.
 */
export class Wires {
  readonly #settings: LabSettings
  readonly #holder: ChildProcess
  #dhcp: ChildProcess | undefined
  /** Pairs of ends that do not hear each other. */
  readonly #cuts = new Set<string>()

  private constructor(settings: LabSettings, holder: ChildProcess) {
    this.#settings = settings
    this.#holder = holder
  }

  /** Makes the switches, and plugs this machine in. */
  static async make(settings: LabSettings, lab: LabPaths): Promise<Wires> {
    const holder = spawn('/usr/bin/setpriv', ['--pdeathsig=KILL', 'unshare', '--net', 'sleep', 'infinity'], {
      env: plainEnv,
      cwd: '/',
      stdio: 'ignore',
    })
    const wires = new Wires(settings, holder)
    await wires.#build(lab)
    return wires
  }

  /** Plugs a host in whose first process (as this machine counts them) is `pid`. */
  async plug(number: number, pid: number, address: string): Promise<void> {
    const lines: string[] = []
    for (const wire of ['management', 'guests'] as const) {
      const port = portOf(number, wire)
      await this.#inside(['ip', 'link', 'delete', 'dev', port]).catch(() => undefined) // a host that was killed a moment ago
      lines.push(
        `link add name ${port} type veth peer name ${hostCards[wire]} address ${macOf(number, wire)} netns ${pid}`,
        `link set dev ${port} master ${bridges[wire]} up`,
      )
    }
    await this.#inside(['ip', '-batch', '-'], lines)
    await must(['nsenter', `--net=/proc/${pid}/ns/net`, 'ip', '-batch', '-'], {
      input: [
        'link set dev lo up',
        `address add ${address}/24 dev eth0`,
        'link set dev eth1 up',
        'link set dev eth0 up',
        `route add default via ${ownAddress(this.#settings.subnet)}`,
      ].join('\n'),
    })
  }

  /** Cuts a host off from others (`h2`, `engine`), on both wires; without names from all. */
  async cut(name: string, from: readonly string[]): Promise<void> {
    for (const other of from.length === 0 ? ['*'] : from) this.#cuts.add(pair(name, other))
    await this.#applyCuts()
  }

  /** Takes back every cut of a host. */
  async heal(name: string): Promise<void> {
    for (const each of [...this.#cuts]) if (each.split(' ').includes(name)) this.#cuts.delete(each)
    await this.#applyCuts()
  }

  /** From whom a host is cut off: names, or `*` for all. */
  cutsOf(name: string): string[] {
    return [...this.#cuts].flatMap(each => {
      const ends = each.split(' ')
      return ends.includes(name) ? [ends.find(end => end !== name) ?? name] : []
    })
  }

  /** A socket that listens at the address of the power switch. It lives here; the wire is another network namespace. */
  async listenForSwitch(): Promise<Server> {
    const words = [
      fileURLToPath(import.meta.resolve('./power-socket.ts')),
      switchAddress(this.#settings),
      `${SWITCH_PORT}`,
    ]
    const child = spawn(
      '/usr/bin/nsenter',
      [`--net=/proc/${this.#holder.pid}/ns/net`, process.execPath, ...nodeFlags, ...words],
      { env: plainEnv, cwd: '/', stdio: ['ignore', 'ignore', 'inherit', 'ipc'] },
    )
    return new Promise((resolve, reject) => {
      child.once('message', (_, handle) => resolve(handle as Server))
      child.once('error', reject)
      child.once('exit', code => reject(new Error(`The power switch of the lab could not listen (${code}).`)))
    })
  }

  /** Takes switches and cables away. */
  async remove(): Promise<void> {
    for (const child of [this.#dhcp, this.#holder]) {
      if (child === undefined || (child.exitCode ?? child.signalCode) !== null) continue
      const gone = new Promise(resolve => child.once('exit', resolve))
      child.kill('SIGKILL')
      await gone
    }
    // With the namespace its ends go, but the kernel takes its time; whoever looks next shall find none.
    for (const card of Object.values(ownCards(this.#settings)))
      await must(['ip', 'link', 'delete', 'dev', card]).catch(() => undefined) // gone already
  }

  async #build(lab: LabPaths): Promise<void> {
    const { subnet, guestSubnet } = this.#settings
    const own = ownCards(this.#settings)
    const pid = await this.#ownNamespace()
    for (const card of Object.values(own)) await must(['ip', 'link', 'delete', 'dev', card]).catch(() => undefined) // of one that was killed
    await this.#inside(
      ['ip', '-batch', '-'],
      Object.values(bridges).flatMap(bridge => [
        `link add name ${bridge} type bridge forward_delay 0 mcast_snooping 0`,
        `link set dev ${bridge} up`,
      ]),
    )
    await must(['ip', '-batch', '-'], {
      input: (['management', 'guests'] as const)
        .flatMap(wire => [
          `link add name ${own[wire]} type veth peer name ${enginePort(wire)} netns ${pid}`,
          `address add ${ownAddress(wire === 'guests' ? guestSubnet : subnet)}/24 dev ${own[wire]}`,
          `link set dev ${own[wire]} up`,
        ])
        .join('\n'),
    })
    await this.#inside(
      ['ip', '-batch', '-'],
      [
        'link set dev lo up',
        ...(['management', 'guests'] as const).map(
          wire => `link set dev ${enginePort(wire)} master ${bridges[wire]} up`,
        ),
        `address add ${wireAddress(guestSubnet)}/24 dev ${bridges.guests}`,
        `address add ${switchAddress(this.#settings)}/24 dev ${bridges.management}`,
      ],
    )
    this.#dhcp = this.#startDhcp(lab)
  }

  /** Waits until the holder stands in a namespace of its own; answers its process id. */
  async #ownNamespace(): Promise<number> {
    const { pid } = this.#holder
    if (pid === undefined) throw new Error('setpriv could not be started: the package util-linux is missing.')
    for (let tries = 0; tries < 500; tries++) {
      const said = await must(['readlink', `/proc/${pid}/ns/net`, '/proc/self/ns/net']).catch(() => '')
      const [theirs, ours] = said.trim().split('\n')
      if (theirs !== undefined && ours !== undefined && theirs !== ours) return pid
      if ((this.#holder.exitCode ?? this.#holder.signalCode) !== null) break
      await new Promise(resolve => setTimeout(resolve, 10))
    }
    throw new Error('The network namespace of the lab could not be made.')
  }

  #startDhcp(lab: LabPaths): ChildProcess {
    const { guestSubnet } = this.#settings
    const [first, last] = guestRange(this.#settings)
    const words = [
      '/usr/sbin/dnsmasq',
      '--keep-in-foreground',
      '--conf-file=/dev/null',
      '--no-resolv',
      '--no-hosts',
      '--port=0',
      '--no-ping',
      `--interface=${bridges.guests}`,
      '--except-interface=lo',
      '--bind-interfaces',
      '--dhcp-authoritative',
      `--dhcp-range=${first},${last},255.255.255.0,1h`,
      `--dhcp-option=option:router,${ownAddress(guestSubnet)}`,
      `--dhcp-leasefile=${lab.leases}`,
      '--pid-file=',
      '--user=root',
    ]
    // It drops rights, and with them the kernel forgets that it shall end with us; a first process that does not takes it along.
    const within = ['unshare', '--pid', '--fork', '--kill-child=KILL', '--', '/usr/bin/tini', '--']
    return spawn(
      '/usr/bin/setpriv',
      ['--pdeathsig=KILL', ...within, 'nsenter', `--net=/proc/${this.#holder.pid}/ns/net`, ...words],
      { env: plainEnv, cwd: '/', stdio: ['ignore', 'ignore', 'inherit'] },
    )
  }

  async #applyCuts(): Promise<void> {
    const rules = [...this.#cuts].flatMap(each => {
      const [one = '', other = ''] = each.split(' ')
      const known = [one, other].filter(name => name !== '*')
      return (['management', 'guests'] as const).flatMap(wire => {
        const [a = '', b] = known.map(name =>
          name === 'engine' ? enginePort(wire) : portOf(Number(name.slice(1)), wire),
        )
        return b === undefined
          ? [`iifname "${a}" drop`, `oifname "${a}" drop`]
          : [`iifname "${a}" oifname "${b}" drop`, `iifname "${b}" oifname "${a}" drop`]
      })
    })
    await this.#inside(
      ['nft', '-f', '-'],
      [
        'table bridge lab',
        'delete table bridge lab',
        'table bridge lab {',
        '  chain forward {',
        '    type filter hook forward priority 0; policy accept;',
        ...rules.map(rule => `    ${rule}`),
        '  }',
        // The wire's own DHCP server is no port: what reaches it from a host that is cut off is dropped as well.
        '  chain input {',
        '    type filter hook input priority 0; policy accept;',
        ...rules.filter(rule => !rule.includes('oifname')).map(rule => `    ${rule}`),
        '  }',
        '}',
      ],
    )
  }

  async #inside(words: readonly [string, ...string[]], lines: readonly string[] = []): Promise<string> {
    return must(['nsenter', `--net=/proc/${this.#holder.pid}/ns/net`, ...words], { input: `${lines.join('\n')}\n` })
  }
}

const enginePort = (wire: keyof typeof bridges): string => (wire === 'management' ? 'engine-m' : 'engine-g')
const portOf = (number: number, wire: keyof typeof bridges): string => `h${number}-${wire === 'management' ? 'm' : 'g'}`
const pair = (a: string, b: string): string => [a, b].toSorted().join(' ')

/** The same after every power-on, as a machine's cards have it. */
const macOf = (number: number, wire: keyof typeof bridges): string =>
  `52:54:00:1b:${wire === 'management' ? '00' : '01'}:${number.toString(16).padStart(2, '0')}`
