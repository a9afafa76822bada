import type { BenchContext } from './bench.ts'
import { type Changes, openChanges } from './changes.ts'
import { type Api, benchName, connect } from './target.ts'

/** The real host of an instance, and what VMs on it need. */
export interface RealSite {
  api: Api
  changes: Changes
  dataDir: string
  cluster: string
  profileId: string
  storageDomain: string
  /** A raw disk of so many bytes, ready for use. */
  makeDisk(bytes: number): Promise<string>
  /** A VM with that disk and a network card, down. */
  makeVm(diskId: string): Promise<string>
  start(vmId: string): Promise<void>
  /** Pulls the plug; resolves when it is down. */
  stop(vmId: string): Promise<void>
}

const running = ['up', 'powering_up']

/** Connects to the bench's instance with its real host. */
export async function realSite(ctx: BenchContext): Promise<RealSite> {
  const target = await ctx.target()
  if (target.real === undefined) throw new Error('The instance has no real host.')
  const api = await connect(target)
  ctx.onEnd(() => api.close())
  const changes = await openChanges(api)
  ctx.onEnd(() => changes.close())
  const { cluster, dataDir } = target.real
  const [{ data_center: center }] = (await api.ask('GET', `/clusters?search=name=${cluster}`)).cluster
  const [network] = (await api.ask('GET', `/datacenters/${center.id}/networks`)).network
  const [profile] = (await api.ask('GET', `/networks/${network.id}/vnicprofiles`)).vnic_profile
  const statusOf = async (path: string): Promise<string> => (await api.ask('GET', path)).status
  return {
    api,
    changes,
    dataDir,
    cluster,
    profileId: profile.id,
    storageDomain: 'local',
    async makeDisk(bytes) {
      const disk = await api.ask('POST', '/disks', {
        alias: benchName('disk'),
        provisioned_size: String(bytes),
        format: 'raw',
        storage_domains: { storage_domain: [{ name: 'local' }] },
      })
      await changes.until(disk.id, 'a disk', async () => (await statusOf(`/disks/${disk.id}`)) === 'ok')
      return disk.id
    },
    async makeVm(diskId) {
      const vm = await api.ask('POST', '/vms', {
        name: benchName('vm'),
        cluster: { name: cluster },
        template: { name: 'Blank' },
        memory: String(64 * 1024 ** 2),
        disk_attachments: {
          disk_attachment: [{ disk: { id: diskId }, interface: 'virtio', bootable: true, active: true }],
        },
      })
      await api.ask('POST', `/vms/${vm.id}/nics`, { name: 'nic1', vnic_profile: { id: profile.id } })
      return vm.id
    },
    async start(vmId) {
      await api.ask('POST', `/vms/${vmId}/start`, {})
      await changes.until(vmId, 'a VM that runs', async () => running.includes(await statusOf(`/vms/${vmId}`)))
    },
    async stop(vmId) {
      await api.ask('POST', `/vms/${vmId}/stop`, {})
      await changes.until(vmId, 'a VM that is down', async () => (await statusOf(`/vms/${vmId}`)) === 'down')
    },
  }
}
