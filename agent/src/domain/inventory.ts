import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { HostInventory, HostThing } from '@rookery/protocol'
import { type LiveDomain, readLive } from './live.ts'
import type { Hypervisor } from './hypervisor.ts'
import type { Observer } from './observer.ts'
import type { Places } from './places.ts'

/** What guests have of this host. */
export interface DomainInventory extends Pick<HostInventory, 'domains' | 'runs' | 'found'> {
  /** Cards of the domains. */
  taps: Set<string>
}

/** Asks libvirt, the process table and the folders. Throws `unavailable` while libvirt is away. */
export async function domainInventory(parts: {
  hypervisor: Hypervisor
  observer: Observer
  places: Places
  engineId: string
  dataDir: string
}): Promise<DomainInventory> {
  const { hypervisor, observer, places, engineId } = parts
  await hypervisor.whenUp(5000)
  const live: LiveDomain[] = []
  const domains: HostInventory['domains'] = []
  for (const vmId of await hypervisor.everyVmId()) {
    const xml = await hypervisor.xml(vmId)
    const domain = xml === null ? null : readLive(xml)
    const state = await hypervisor.state(vmId)
    if (domain === null || domain.metadata.engineId !== engineId || state === null) continue
    live.push(domain)
    domains.push({ vmId, runId: domain.metadata.runId, state: state.state })
  }
  const known = new Set(domains.map(domain => domain.vmId))
  const found: HostThing[] = []
  for (const { pid, vmId } of guestProcesses(parts.dataDir, places.root))
    if (vmId === null || !known.has(vmId)) found.push({ kind: 'guest_process', name: `process ${pid}`, about: vmId })
  for (const { kind, path, vmId } of await places.kept())
    if (!known.has(vmId)) found.push({ kind, name: path, about: vmId })
  return {
    domains,
    runs: observer.all().map(({ vmId, runId }) => ({ vmId, runId })),
    found,
    taps: new Set(live.flatMap(domain => domain.nics.map(nic => nic.tap))),
  }
}

/**
 * QEMU processes of this host, also such as libvirt has forgotten: they have a socket in our folder in their words, and see our data
 * directory where we see it (two instances on a machine each have their own at the same path).
 */
function guestProcesses(dataDir: string, runDir: string): { pid: number; vmId: string | null }[] {
  const own = identity(dataDir)
  const pids = readdirSync('/proc').filter(name => /^\d+$/.test(name))
  return pids.flatMap(pid => {
    try {
      if (!/\/qemu-(system-|kvm)/.test(readlinkSync(`/proc/${pid}/exe`))) return []
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
      if (!words.some(word => word.includes(`${join(runDir, 'vm')}/`))) return []
      if (identity(`/proc/${pid}/root${dataDir}`) !== own) return []
      return [{ pid: Number(pid), vmId: words[words.indexOf('-uuid') + 1]?.toLowerCase() ?? null }]
    } catch {
      return [] // it has just ended
    }
  })
}

function identity(path: string): string {
  const { dev, ino } = statSync(path)
  return `${dev}:${ino}`
}
