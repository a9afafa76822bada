import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { chown, mkdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** virsh on the libvirtd of an instance, the one that its agent works with. */
export const virshOf = (dataDir: string) => {
  const socket = join(dataDir, 'host/run/libvirt/libvirt-sock')
  return async (...words: string[]): Promise<string> =>
    (await run('virsh', ['--connect', `qemu:///system?socket=${socket}`, ...words])).stdout
}

/** A domain that virsh can define and start: the same as one of ours but for its names. */
export interface Twin {
  name: string
  xmlFile: string
  remove(): Promise<void>
}

/**
 * Makes the twin of a running VM from the XML that libvirt has of it: same machine, same disk file, same network. It gets a name
 * and a folder for its sockets of its own, and no metadata, so that the agent leaves it alone. The two use one disk: never
 * start both at once.
 */
export async function twinOf(dataDir: string, vmId: string, folder: string): Promise<Twin> {
  const xml = await virshOf(dataDir)('dumpxml', '--inactive', vmId)
  const id = randomUUID()
  const name = `rookery-bench-${id}`
  const twin = xml
    .replace(/<metadata>.*?<\/metadata>/s, '')
    .replaceAll(`rookery-${vmId}`, name)
    .replaceAll(vmId, id)
    .replaceAll(bare(vmId), bare(id))
    // What libvirt made up for this start, and would make up again.
    .replace(/<source mode='bind' path='[^']*\/channel\/target\/[^>]*\/>/, '')
    .replace(/<target dev='t[0-9a-f]{12}'\/>/, '')
    .replace(/<seclabel type='dynamic'.*?<\/seclabel>/s, '')
  const sockets = join(dataDir, 'host/run/rookery/agent/vm')
  const [from, to] = [join(sockets, bare(vmId)), join(sockets, bare(id))]
  const { uid, gid } = await stat(from)
  await mkdir(to, { mode: 0o700 })
  await chown(to, uid, gid)
  const xmlFile = join(folder, `${id}.xml`)
  await writeFile(xmlFile, twin)
  return { name, xmlFile, remove: () => rm(to, { recursive: true, force: true }) }
}

const bare = (id: string) => id.replaceAll('-', '')
