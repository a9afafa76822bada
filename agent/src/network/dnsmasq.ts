import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { runProgram } from '../run-program.ts'

/** The DHCP server of one NAT network. */
export interface DhcpServer {
  readonly bridge: string
  /** The first three numbers, like `10.77.0`. */
  readonly prefix: string
  readonly mtu: number
  /** Folder of its pid file and leases. */
  readonly folder: string
}

const pidFile = (server: DhcpServer): string => join(server.folder, `${server.bridge}.pid`)

/**
 * Arguments of dnsmasq: DHCP for the subnet and DNS for its guests, on this bridge alone, nothing read from /etc but the host's
 * resolvers. It goes into the background by itself and outlives the agent. No ping before an offer: it takes three seconds, more than
 * a fast guest waits. Questions about private and plain names are not passed on.
 */
export function dnsmasqArgs(server: DhcpServer): string[] {
  const { bridge, prefix, mtu, folder } = server
  return [
    '--conf-file=/dev/null',
    '--no-hosts',
    `--interface=${bridge}`,
    '--except-interface=lo',
    '--bind-interfaces',
    `--listen-address=${prefix}.1`,
    `--dhcp-range=${prefix}.2,${prefix}.254,255.255.255.0,12h`,
    `--dhcp-option=option:router,${prefix}.1`,
    `--dhcp-option=option:dns-server,${prefix}.1`,
    `--dhcp-option-force=option:mtu,${mtu}`,
    '--dhcp-authoritative',
    '--dhcp-no-override',
    '--no-ping',
    '--domain-needed',
    '--bogus-priv',
    `--dhcp-leasefile=${join(folder, `${bridge}.leases`)}`,
    `--pid-file=${pidFile(server)}`,
    '--user=nobody',
    '--group=nogroup',
  ]
}

/** The process that serves the bridge; null when none does. The pid file alone proves nothing: numbers are given again. */
export function dnsmasqPid(server: DhcpServer): number | null {
  try {
    const pid = Number(readFileSync(pidFile(server), 'utf8').trim())
    if (!Number.isInteger(pid) || pid <= 1) return null
    const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
    return args.includes(`--pid-file=${pidFile(server)}`) ? pid : null
  } catch {
    // No pid file, or no such process.
    return null
  }
}

/** Every process that serves with a pid file in this folder, also when that file names another one by now. */
export function dnsmasqPids(folder: string): { pid: number; bridge: string }[] {
  const here = identityOf(folder)
  if (here === null) return []
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .flatMap(name => {
      try {
        const word = readFileSync(`/proc/${name}/cmdline`, 'utf8')
          .split('\0')
          .find(each => each.startsWith(`--pid-file=${folder}/`))
        // Two instances have their folders at the same path, each in a mount namespace of its own.
        if (word === undefined || identityOf(`/proc/${name}/root${folder}`) !== here) return []
        return [{ pid: Number(name), bridge: word.slice(`--pid-file=${folder}/`.length).replace(/\.pid$/, '') }]
      } catch {
        return [] // it has just ended
      }
    })
}

function identityOf(path: string): string | null {
  const found = statSync(path, { throwIfNoEntry: false })
  return found === undefined ? null : `${found.dev}:${found.ino}`
}

/** Starts the server unless it runs with just these settings. */
export async function ensureDnsmasq(server: DhcpServer): Promise<void> {
  mkdirSync(server.folder, { recursive: true, mode: 0o755 })
  const pid = dnsmasqPid(server)
  if (pid !== null) {
    const running = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
    if (dnsmasqArgs(server).every(arg => running.includes(arg))) return
    await stopDnsmasq(server)
  }
  await runProgram('dnsmasq', dnsmasqArgs(server), { timeoutMs: 20_000 })
}

/** Ends the server of a bridge and forgets its leases when the network is removed. */
export async function stopDnsmasq(server: DhcpServer, forget = false): Promise<void> {
  const pid = dnsmasqPid(server)
  if (pid !== null) {
    process.kill(pid, 'SIGTERM')
    for (let i = 0; i < 100 && existsSync(`/proc/${pid}/cmdline`) && dnsmasqPid(server) !== null; i++)
      await new Promise(resolve => setTimeout(resolve, 20))
  }
  rmSync(pidFile(server), { force: true })
  if (forget) rmSync(join(server.folder, `${server.bridge}.leases`), { force: true })
}
