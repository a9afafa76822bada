import { join } from 'node:path'
import { until } from '@rookery/lab/guest/until'
import type { Group } from '../groups.ts'
import { runClient } from '../harness/client-program.ts'
import { govirt, systemPython } from '../harness/preparation.ts'
import { Skip } from '../harness/report.ts'
import { Api, element, idOf } from '../raw/api.ts'
import { recorded } from './recorded.ts'

/** virt-viewer's library for oVirt, with a VM that has a screen and no guest. */
export const govirtGroup: Group = {
  name: 'libgovirt',
  async run(report, setting) {
    let version: string
    try {
      version = await govirt()
    } catch (error) {
      if (!(error instanceof Skip)) throw error
      report.skip('everything', error.message)
      return
    }
    report.say(`  ${version}`)
    const api = await Api.signIn(setting.instance)
    const name = `govirt-${crypto.randomUUID().slice(0, 8)}`
    const vm = await report.check('there is a VM that is up', () => runningVm(api, name))
    try {
      if (vm !== undefined)
        await recorded(setting, 'libgovirt', environment =>
          runClient(report, [systemPython, join(import.meta.dirname, '..', 'govirt', 'sign_in.py')], {
            env: { ...environment, ROOKERY_VM: name },
            cwd: setting.scratch,
          }),
        )
    } finally {
      await removeVm(api, name)
      api.http.close()
    }
  },
}

/** A VM without a guest system: it boots from nothing, and is up all the same after the stated time without an agent. */
async function runningVm(api: Api, name: string): Promise<string> {
  const cluster = idOf(await api.xml('/clusters'), 'cluster')
  const made = await api.post(
    '/vms',
    `<vm><name>${name}</name><cluster id="${cluster}"/><template><name>Blank</name></template><memory>134217728</memory></vm>`,
  )
  const id = idOf(made, 'vm')
  await status(api, id, 'down')
  const disk = await api.post(
    `/vms/${id}/diskattachments`,
    `<disk_attachment><bootable>true</bootable><active>true</active><interface>virtio</interface><disk><name>${name}</name><format>cow</format>` +
      `<provisioned_size>1048576</provisioned_size><storage_domains><storage_domain id="${idOf(await api.xml('/storagedomains?search=type%3Ddata'), 'storage_domain')}"/></storage_domains></disk></disk_attachment>`,
  )
  await until(
    'the disk to be ok',
    async () => element(await api.xml(`/disks/${idOf(disk, 'disk_attachment')}`), 'status') === 'ok',
  )
  await api.post(`/vms/${id}/start`, '<action/>')
  await status(api, id, 'up')
  return id
}

const status = (api: Api, id: string, wanted: string) =>
  until(`the VM to be ${wanted}`, async () => element(await api.xml(`/vms/${id}`), 'status') === wanted, {
    deadlineMs: 300_000,
    everyMs: 500,
  })

async function removeVm(api: Api, name: string): Promise<void> {
  const found = await api.call(`/vms?search=name%3D${name}`)
  if (!found.text.includes('<vm ')) return
  const id = idOf(found.text, 'vm')
  await api.call(`/vms/${id}/stop`, { method: 'POST', body: '<action/>' })
  await status(api, id, 'down').catch(() => undefined) // the instance is taken down with its VMs in any case
  await api.call(`/vms/${id}`, { method: 'DELETE' })
}
