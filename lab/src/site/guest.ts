import { readFile } from 'node:fs/promises'
import { until } from '../guest/until.ts'
import { run } from '../images/run.ts'
import type { Api, Doc } from './api.ts'
import { processesOf } from './traces.ts'

/** Uploads a qcow2 file as it is, its own bytes in one PUT, to a new disk of the (or of a given) data domain. Gives the disk's id. */
export async function uploadDisk(api: Api, file: string, name: string, domainId?: string): Promise<string> {
  const bytes = await readFile(file)
  const info = JSON.parse(await run('qemu-img', ['info', '-f', 'qcow2', '--output', 'json', file])) as Doc
  const domain = domainId ?? (await api.idOf('/storagedomains', 'storage_domain', { type: 'data' }))
  const disk = await api.post(
    '/disks',
    `<disk><name>${name}</name><format>cow</format><sparse>true</sparse>` +
      `<provisioned_size>${Number(info['virtual-size'])}</provisioned_size><initial_size>${bytes.length}</initial_size>` +
      `<storage_domains><storage_domain id="${domain}"/></storage_domains></disk>`,
  )
  const id = String(disk.id)
  await api.untilIs(`/disks/${id}`, 'ok')
  const transfer = await api.post(
    '/imagetransfers',
    `<image_transfer><direction>upload</direction><format>cow</format><disk id="${id}"/></image_transfer>`,
  )
  const path = `/imagetransfers/${String(transfer.id)}`
  const open = await api.untilIs(path, 'transferring', { key: 'phase' })
  await api.put(String(open.transfer_url), bytes)
  await api.post(`${path}/finalize`, '<action/>')
  await api.untilIs(path, 'finished_success', { key: 'phase' })
  await api.untilIs(`/disks/${id}`, 'ok')
  return id
}

/** Makes a VM with that disk to boot from and a card in the management network. Gives its id. */
export async function makeVm(api: Api, name: string, diskId: string): Promise<string> {
  const cluster = String(((await api.get('/clusters')).cluster as Doc[])[0]?.id)
  const vm = await api.post(
    '/vms',
    `<vm><name>${name}</name><memory>${256 << 20}</memory><cluster id="${cluster}"/><template><name>Blank</name></template>` +
      `<memory_policy><guaranteed>${256 << 20}</guaranteed></memory_policy>` +
      '<os><boot><devices><device>hd</device></devices></boot></os><console><enabled>true</enabled></console></vm>',
  )
  const path = `/vms/${String(vm.id)}`
  await api.untilIs(path, 'down')
  await api.post(
    `${path}/diskattachments`,
    `<disk_attachment><disk id="${diskId}"/><interface>virtio</interface><bootable>true</bootable><active>true</active></disk_attachment>`,
  )
  const profile = await api.idOf('/vnicprofiles', 'vnic_profile', { name: 'ovirtmgmt' })
  await api.post(
    `${path}/nics`,
    `<nic><name>nic1</name><interface>virtio</interface><vnic_profile id="${profile}"/></nic>`,
  )
  return String(vm.id)
}

/** Waits for an IPv4 address that the guest agent reports. */
export function untilAddress(api: Api, vmId: string): Promise<string> {
  return until('an address from the guest agent', async () => {
    const devices = ((await api.get(`/vms/${vmId}/reporteddevices`)).reported_device ?? []) as Doc[]
    const ips = devices.flatMap(d => ((d.ips as Doc | undefined)?.ip ?? []) as Doc[])
    return ips.find(ip => ip.version === 'v4')?.address as string | undefined
  })
}

/** The process of an instance's QEMU; undefined when none runs. There must not be two. */
export async function qemuOf(dataDir: string): Promise<number | undefined> {
  const found = (await processesOf(dataDir)).filter(p => /^\S*\/qemu-system-\S+ /.test(p.args))
  if (found.length > 1) throw new Error(`${found.length} QEMU processes run`)
  return found[0]?.pid
}
