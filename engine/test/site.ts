import { randomUUID } from 'node:crypto'
import { zeroUuid } from '@rookery/model'
import { json } from '../src/db/index.ts'
import { builtInRoles } from '../src/identity/roles.ts'
import type { EngineDatabase } from './database.ts'

/** Ids of everything in a {@link site}. */
export type Site = Awaited<ReturnType<typeof site>>

/** What placement asks of a host. */
const facts = {
  memory: 64 * 1024 ** 3,
  acceleration: { kind: 'kvm', reason: '' },
  cpu: {
    architecture: 'x86_64',
    sockets: 1,
    cores: 8,
    threads: 1,
    vendor: 'GenuineIntel',
    flags: ['nx', 'sse2'],
    guestModel: null,
  },
  migration: { address: 'h', port: 1 },
  taskKinds: ['vm.create'],
  firmware: ['bios', 'uefi', 'uefi_secure'],
  machines: ['pc', 'q35'],
}

/**
 * One of each thing, as rows alone: no host behind them, and nobody who takes the jobs up. A local data center with a host that is
 * up and serves its storage, a VM that is down and one that runs, disks, networks, and what hangs on them. Each call makes another
 * one, so that tests do not meet.
 */
export async function site({ db: { sql } }: Pick<EngineDatabase, 'db'>) {
  const id = randomUUID
  const own = {
    project: id(),
    dataCenter: id(),
    /** Without clusters and storage. */
    bareDataCenter: id(),
    cluster: id(),
    bareCluster: id(),
    host: id(),
    idleHost: id(),
    domain: id(),
    /** In maintenance. */
    isoDomain: id(),
    unattachedDomain: id(),
    /** Attached to `vm`. */
    disk: id(),
    freeDisk: id(),
    /** Attached to `runningVm`, and being uploaded. */
    busyDisk: id(),
    transfer: id(),
    /** In `cluster`. */
    network: id(),
    spareNetwork: id(),
    profile: id(),
    spareProfile: id(),
    vm: id(),
    runningVm: id(),
    run: id(),
    nic: id(),
    tag: id(),
  }
  const name = (what: string): string => `${what}-${own.project.slice(0, 8)}`
  for (const role of builtInRoles)
    await sql`insert into role (id, name, administrative, mutable, permits)
      values (${role.id}, ${role.name}, ${role.administrative}, false, ${[...role.permits]}) on conflict do nothing`
  await sql`insert into project (id, name) values (${own.project}, ${name('project')})`
  for (const each of [own.dataCenter, own.bareDataCenter])
    await sql`insert into data_center (id, name, local, default_project_id)
      values (${each}, ${`dc-${each.slice(0, 8)}`}, true, ${own.project})`
  for (const each of [own.cluster, own.bareCluster])
    await sql`insert into cluster (id, data_center_id, name) values (${each}, ${own.dataCenter}, ${`c-${each.slice(0, 8)}`})`
  for (const [host, status] of [
    [own.host, 'up'],
    [own.idleHost, 'maintenance'],
  ] as const)
    await sql`insert into host (id, cluster_id, name, address, url, status, wanted, facts)
      values (${host}, ${own.cluster}, ${`h-${host.slice(0, 8)}`}, 'h', ${`https://h-${host}:1`}, ${status},
        ${status === 'up' ? 'up' : 'maintenance'}, ${json(facts)})`
  await sql`insert into host_now (host_id, at, stats) values (${own.host}, now(), '{}')`
  await sql`insert into spm (data_center_id, epoch, host_id) values (${own.dataCenter}, 1, ${own.host})`

  for (const [domain, type, status, dataCenter] of [
    [own.domain, 'data', 'active', own.dataCenter],
    [own.isoDomain, 'iso', 'maintenance', own.dataCenter],
    [own.unattachedDomain, 'data', 'unattached', null],
  ] as const)
    await sql`insert into storage_domain (id, data_center_id, name, type, storage_type, connection, storage_format, status, master)
      values (${domain}, ${dataCenter}, ${`d-${domain.slice(0, 8)}`}, ${type}, 'localfs',
        ${json({ type: 'localfs', path: `/${domain}` })}, 'v5', ${status}, ${type === 'data' && status === 'active'})`
  await sql`insert into storage_domain_host (storage_domain_id, host_id, ok, seen_at) values (${own.domain}, ${own.host}, true, now())`
  await sql`insert into iso_file (storage_domain_id, name, size) values (${own.isoDomain}, 'a.iso', 1)`
  for (const [disk, status] of [
    [own.disk, 'ok'],
    [own.freeDisk, 'ok'],
    [own.busyDisk, 'locked'],
  ] as const)
    await sql`insert into disk (id, project_id, alias, storage_domain_id, image_id, volume_id, format, sparse, capacity, status)
      values (${disk}, ${own.project}, ${`disk-${disk.slice(0, 8)}`}, ${own.domain}, ${disk}, ${id()}, 'raw', true, 1048576, ${status})`
  await sql`insert into image_transfer (id, disk_id, project_id, host_id, ticket, direction, format, serve, phase, size, url)
    values (${own.transfer}, ${own.busyDisk}, ${own.project}, ${own.host}, ${id()}, 'upload', 'raw', 'raw', 'transferring', 1048576,
      'https://h:54322/images/secret')`

  for (const [network, profile] of [
    [own.network, own.profile],
    [own.spareNetwork, own.spareProfile],
  ] as const) {
    await sql`insert into network (id, data_center_id, name) values (${network}, ${own.dataCenter}, ${`n-${network.slice(0, 8)}`})`
    await sql`insert into vnic_profile (id, network_id, name) values (${profile}, ${network}, 'profile')`
  }
  // What makes a cluster needs; the other one may be taken away.
  await sql`insert into network (id, data_center_id, name) values (${id()}, ${own.dataCenter}, 'ovirtmgmt')`
  await sql`insert into cluster_network (cluster_id, network_id) values (${own.cluster}, ${own.network})`
  await sql`insert into host_network (host_id, network_id) values (${own.host}, ${own.network})`
  await sql`insert into mac_pool (id, name, ranges, is_default)
    values (${id()}, 'Default', ${json([{ from: '56:6f:00:00:00:00', to: '56:6f:00:00:ff:ff' }])}, true) on conflict do nothing`

  await sql`insert into template (id, project_id, name, config) values (${zeroUuid}, ${own.project}, 'Blank', '{}') on conflict do nothing`
  for (const vm of [own.vm, own.runningVm])
    await sql`insert into vm (id, project_id, cluster_id, template_id, name, config)
      values (${vm}, ${own.project}, ${own.cluster}, ${zeroUuid}, ${`vm-${vm.slice(0, 8)}`}, '{}')`
  await sql`insert into vm_run (id, vm_id, host_id, config, status, started_at, guest)
    values (${own.run}, ${own.runningVm}, ${own.host}, '{}', 'up', now(),
      ${json({ nics: [{ name: 'eth0', mac: '56:6f:02:00:00:01', addresses: ['10.0.0.2'] }] })})`
  await sql`insert into vm_now (vm_id, at, stats) values (${own.runningVm}, now(), '{"disks": [], "nics": []}')`
  await sql`insert into disk_attachment (vm_id, disk_id, interface)
    values (${own.vm}, ${own.disk}, 'virtio'), (${own.runningVm}, ${own.busyDisk}, 'virtio')`
  await sql`insert into nic (id, vm_id, name, mac, vnic_profile_id)
    values (${own.nic}, ${own.vm}, 'nic1', ${`56:6f:01:${own.nic.slice(0, 2)}:${own.nic.slice(2, 4)}:${own.nic.slice(4, 6)}`}, ${own.profile})`

  await sql`insert into tag (id, name, parent_id) values (${zeroUuid}, 'root', null) on conflict do nothing`
  await sql`insert into tag (id, name, parent_id) values (${own.tag}, ${name('tag')}, ${zeroUuid})`
  await sql`insert into tag_assignment (tag_id, object_kind, object_id) values (${own.tag}, 'vm', ${own.vm})`
  return own
}
