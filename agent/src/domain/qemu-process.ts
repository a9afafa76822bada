import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { unavailable } from '@rookery/model'
import { domainName } from './xml.ts'

/** The process of a running domain, from libvirt's own note beside its socket. Throws `unavailable` when there is none. */
export async function qemuProcess(libvirtSocket: string, vmId: string): Promise<number> {
  const file = join(dirname(libvirtSocket), 'qemu', `${domainName(vmId)}.pid`)
  const pid = Number.parseInt(await readFile(file, 'utf8').catch(() => ''), 10)
  if (pid > 0) return pid
  throw unavailable('vm.no_process', `The process of VM ${vmId} is not known: ${file} does not name it.`)
}
