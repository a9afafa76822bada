import { MiB } from '@rookery/model'
import type { Journey } from './journey.ts'

/** A job of a real site, and how a person or the engine comes to it. */
export interface Act {
  readonly job: string
  /** What is special about this use of the job. */
  readonly title?: string
  /** Brings everything to where the job can begin; nothing is killed meanwhile. */
  ready(j: Journey): Promise<unknown>
  /** Begins the job and gives its id. */
  ask(j: Journey): Promise<string>
  /** The guest's run may begin or end by it: else its QEMU must be the same before and after. */
  readonly ofRuns?: true
  /** It is about the VM with a system, whose QEMU is killed then. */
  readonly onSystem?: true
  /** The engine begins it by itself, and again until it is done. */
  readonly byItself?: true
}

/** Every job, in an order in which little has to be made anew. */
export const acts: readonly Act[] = [
  {
    job: 'disk.create',
    ready: j => j.noSpare(),
    ask: async j => {
      const { id: storageDomainId } = await j.dataDomain()
      const input = { capacity: MiB, format: 'qcow2', sparse: true, storageDomainId, alias: j.fresh() }
      const made = await j.op('disk.add', input)
      j.spare = String(made.id)
      return String(made.jobId)
    },
  },
  {
    job: 'disk.extend',
    ready: j => j.spareDisk(),
    ask: async j => {
      const [row] = await j.site.sql<{ capacity: number }>`select capacity from disk where id = ${j.spare}::uuid`
      return j.job('disk.update', { id: j.spare, capacity: (row?.capacity ?? 0) + MiB })
    },
  },
  {
    job: 'disk.describe',
    ready: j => j.spareDisk(),
    ask: j => j.next('disk.describe', () => j.op('disk.update', { id: j.spare, description: j.fresh() })),
  },
  { job: 'vm.start', ofRuns: true, ready: j => j.vmIs('down'), ask: j => j.job('vm.start', { id: j.vmId }) },
  {
    job: 'disk.plug',
    onSystem: true,
    ready: j => j.spareIs(false),
    ask: j => j.job('diskAttachment.update', { vmId: j.systemId, diskId: j.spare, active: true }),
  },
  {
    job: 'disk.unplug',
    onSystem: true,
    ready: j => j.spareIs(true),
    ask: j => j.job('diskAttachment.update', { vmId: j.systemId, diskId: j.spare, active: false }),
  },
  {
    job: 'nic.plug',
    onSystem: true,
    ready: j => j.cardIs(false),
    ask: j => j.job('nic.update', { vmId: j.systemId, id: j.nicId, plugged: true }),
  },
  {
    job: 'nic.unplug',
    onSystem: true,
    ready: j => j.cardIs(true),
    ask: j => j.job('nic.update', { vmId: j.systemId, id: j.nicId, plugged: false }),
  },
  {
    job: 'vm.cdrom',
    ready: async j => {
      await j.iso()
      await j.vmIs('up')
    },
    ask: async j => j.job('cdrom.update', { vmId: j.vmId, file: await j.iso(), current: true }),
  },
  {
    job: 'vm.console',
    ready: j => j.vmIs('up'),
    ask: j => j.job('console.ticket', { vmId: j.vmId, mode: 'listen', protocol: 'vnc', expiresInSeconds: 10 }),
  },
  { job: 'vm.reset', ready: j => j.vmIs('up'), ask: j => j.job('vm.reset', { id: j.vmId }) },
  { job: 'vm.reboot', ready: j => j.vmIs('up'), ask: j => j.job('vm.reboot', { id: j.vmId, force: true }) },
  { job: 'vm.suspend', ofRuns: true, ready: j => j.vmIs('up'), ask: j => j.job('vm.suspend', { id: j.vmId }) },
  {
    job: 'vm.start',
    title: 'of a suspended VM',
    ofRuns: true,
    ready: j => j.vmIs('suspended'),
    ask: j => j.job('vm.start', { id: j.vmId }),
  },
  {
    job: 'memory.remove',
    ofRuns: true,
    byItself: true,
    ready: j => j.vmIs('suspended'),
    ask: j => j.next('memory.remove', () => j.op('vm.stop', { id: j.vmId })),
  },
  { job: 'vm.resume', ofRuns: true, ready: j => j.vmIs('paused'), ask: j => j.job('vm.start', { id: j.vmId }) },
  { job: 'vm.shutdown', ready: j => j.vmIs('up'), ask: j => j.job('vm.shutdown', { id: j.vmId }) },
  { job: 'vm.stop', ofRuns: true, ready: j => j.vmIs('up'), ask: j => j.job('vm.stop', { id: j.vmId }) },
  {
    job: 'vm.settle',
    ofRuns: true,
    byItself: true,
    ready: j => j.vmIs('up'),
    ask: j =>
      j.next('vm.settle', async () => {
        const pid = (await j.site.guests()).get(j.vmId)
        if (pid !== undefined) process.kill(pid, 'SIGKILL')
      }),
  },
  { job: 'vm.remove', ofRuns: true, ready: j => j.vmIs('down'), ask: j => j.job('vm.remove', { id: j.vmId }) },
  {
    job: 'imageTransfer.open',
    ready: async j => {
      await j.spareDisk()
      await j.spareIs(null)
    },
    ask: async j => {
      const input = { diskId: j.spare, direction: 'upload', inactivityTimeout: 0 }
      const made = await j.op('imageTransfer.add', input)
      j.transferId = String(made.id)
      return String(made.jobId)
    },
  },
  {
    job: 'imageTransfer.renew',
    byItself: true,
    ready: j => j.transferOpen(),
    ask: j =>
      j.next(
        'imageTransfer.renew',
        () => j.site.sql`
        update image_transfer set renewed_at = now() - interval '20 seconds' where id = ${j.transferId}::uuid`,
      ),
  },
  {
    job: 'imageTransfer.close',
    ready: j => j.transferOpen(),
    ask: j => j.job('imageTransfer.pause', { id: j.transferId }),
  },
  {
    job: 'imageTransfer.cancel',
    byItself: true,
    ready: j => j.transferOpen(),
    ask: j => j.job('imageTransfer.cancel', { id: j.transferId }),
  },
  {
    job: 'imageTransfer.finalize',
    byItself: true,
    ready: j => j.uploaded(),
    ask: j => j.job('imageTransfer.finalize', { id: j.transferId }),
  },
  {
    job: 'disk.remove',
    ready: async j => {
      await j.spareDisk()
      await j.spareIs(null)
    },
    ask: j => j.job('disk.remove', { id: j.spare }),
  },
  {
    job: 'network.ensure',
    ready: j => j.networkIs(false),
    ask: j => j.attachNetwork(input => j.job('clusterNetwork.attach', input)),
  },
  {
    job: 'network.remove',
    ready: j => j.networkIs(true),
    ask: j => j.next('network.remove', () => j.op('network.remove', { id: j.networkId })),
  },
  {
    job: 'storageDomain.create',
    ready: j => j.domainIs(null),
    ask: async j => String((await j.newDomain(input => j.op('storageDomain.add', input))).jobId),
  },
  {
    job: 'storageDomain.attach',
    ready: j => j.domainIs('unattached'),
    ask: async j => j.job('storageDomain.attach', { id: j.domainId, dataCenterId: (await j.cluster()).dataCenterId }),
  },
  {
    job: 'storageDomain.deactivate',
    ready: j => j.domainIs('active'),
    ask: j => j.job('storageDomain.deactivate', { id: j.domainId }),
  },
  {
    job: 'storageDomain.activate',
    ready: j => j.domainIs('maintenance'),
    ask: j => j.job('storageDomain.activate', { id: j.domainId }),
  },
  {
    job: 'storageDomain.detach',
    ready: j => j.domainIs('maintenance'),
    ask: j => j.job('storageDomain.detach', { id: j.domainId }),
  },
  {
    job: 'storageDomain.format',
    ready: j => j.domainIs('unattached'),
    ask: async j => j.job('storageDomain.remove', { id: j.domainId, hostId: (await j.host()).id, format: true }),
  },
  {
    job: 'host.deactivate',
    ofRuns: true,
    ready: async j => {
      // Whether it is up or not: VMs are down then.
      await j.hostIs('maintenance')
      await j.hostIs('up')
    },
    ask: async j => j.job('host.deactivate', { id: (await j.host()).id }),
  },
  {
    job: 'host.activate',
    ofRuns: true,
    ready: j => j.hostIs('maintenance'),
    ask: async j => j.job('host.activate', { id: (await j.host()).id }),
  },
]
