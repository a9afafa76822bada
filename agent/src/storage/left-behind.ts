import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import type { HostThing } from '@rookery/protocol'
import { names } from './inventory.ts'

/** What of this module's own state and of image servers is there for nobody: files that were to replace others, folders, processes. */
export async function leftBehind(parts: {
  stateDir: string
  /** Below it, a folder for each image server. */
  nbdDir: string
  tickets: readonly { hash: string; server: number | null }[]
}): Promise<HostThing[]> {
  const { stateDir, nbdDir, tickets } = parts
  const found: HostThing[] = []
  for (const folder of [stateDir, `${stateDir}/tickets`])
    for (const name of await names(folder))
      if (name.endsWith('.new')) found.push({ kind: 'temporary_file', name: `${folder}/${name}`, about: null })
  const alive = new Set(tickets.map(ticket => ticket.hash.slice(0, 16)))
  for (const name of await names(nbdDir))
    if (!alive.has(name.split('-')[0] ?? ''))
      found.push({ kind: 'image_server_folder', name: `${nbdDir}/${name}`, about: null })
  const serving = new Set(tickets.map(ticket => ticket.server))
  for (const pid of imageServers(nbdDir))
    if (!serving.has(pid)) found.push({ kind: 'image_server', name: `process ${pid}`, about: null })
  return found
}

/** Processes that serve images for this agent: `qemu-nbd` as we start it, whose socket is in one of our folders (its file 4), also a removed one. */
function imageServers(nbdDir: string): number[] {
  return readdirSync('/proc').flatMap(name => {
    if (!/^\d+$/.test(name)) return []
    try {
      const words = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0')
      if (words[0] !== 'qemu-nbd' || !words.includes('--socket=/proc/self/fd/4/s')) return []
      return readlinkSync(`/proc/${name}/fd/4`).startsWith(`${nbdDir}/`) ? [Number(name)] : []
    } catch {
      return [] // it has just ended
    }
  })
}
