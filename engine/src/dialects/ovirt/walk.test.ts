import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { zeroUuid } from '@rookery/model'
import { byName, idOf, type OvirtClient, ovirtClient, untilStatus } from '../../../test/ovirt.ts'
import { startWorld, type World } from '../../../test/small-world.ts'
import { routes } from './routes.ts'

let world: World
let admin: OvirtClient
/** An id for each parameter of a path, by the literal segment before it. */
const ids: Record<string, string> = {}

before(async () => {
  world = await startWorld()
  admin = await ovirtClient(world.one)
  const disk = await admin.good(
    'POST',
    '/disks',
    '<disk><alias>walked</alias><provisioned_size>1048576</provisioned_size><format>raw</format><sparse>true</sparse><storage_domains><storage_domain><name>simulated</name></storage_domain></storage_domains></disk>',
  )
  await untilStatus(admin, `/disks/${idOf(disk)}`, 'ok')
  const vm = await admin.good(
    'POST',
    '/vms',
    '<vm><name>walked</name><cluster><name>Default</name></cluster><template><name>Blank</name></template></vm>',
  )
  await untilStatus(admin, `/vms/${idOf(vm)}`, 'down')
  await admin.good(
    'POST',
    `/vms/${idOf(vm)}/diskattachments`,
    `<disk_attachment><disk id="${idOf(disk)}"/><interface>virtio</interface><active>true</active><bootable>true</bootable></disk_attachment>`,
  )
  const nic = await admin.good('POST', `/vms/${idOf(vm)}/nics`, '<nic><name>nic1</name></nic>')
  const tag = await admin.good('POST', '/tags', '<tag><name>walked</name></tag>')
  await admin.good('POST', `/vms/${idOf(vm)}/tags`, '<tag><name>walked</name></tag>')
  const cluster = await byName(admin, 'clusters', 'Default')
  const group = await admin.good(
    'POST',
    `/clusters/${idOf(cluster)}/affinitygroups`,
    '<affinity_group><name>walked</name></affinity_group>',
  )
  const label = await admin.good('POST', '/affinitylabels', '<affinity_label><name>walked</name></affinity_label>')
  await admin.good('POST', `/vms/${idOf(vm)}/affinitylabels`, '<affinity_label><name>walked</name></affinity_label>')
  const user = await admin.good(
    'POST',
    '/users',
    '<user><user_name>nobody@internal-authz</user_name><password>long enough 1</password><domain><name>internal-authz</name></domain></user>',
  )
  Object.assign(ids, {
    vms: idOf(vm),
    disks: idOf(disk),
    diskattachments: idOf(disk),
    nics: idOf(nic),
    tags: idOf(tag),
    users: idOf(user),
    cdroms: zeroUuid,
    graphicsconsoles: '766e63',
    templates: zeroUuid,
    clusterlevels: '4.7',
    permits: '1',
    schedulingpolicies: 'b4ed2332-a7ac-4d5f-9596-99a439cb2812',
    affinitygroups: idOf(group),
    affinitylabels: idOf(label),
    filters: '6d636bf6-a35c-4f9d-b68d-0731f720cddc',
    schedulingpolicyunits: '6d636bf6-a35c-4f9d-b68d-0731f720cddc',
    weights: '7db4ab05-81ab-42e8-868a-aee2df483edb',
    balances: '38440000-8cf0-14bd-c43e-10b96e4ef00a',
    datacenters: idOf(await byName(admin, 'datacenters', 'Default')),
    clusters: idOf(await byName(admin, 'clusters', 'Default')),
    networks: idOf(await byName(admin, 'networks', 'ovirtmgmt')),
  })
  for (const name of [
    'hosts',
    'storagedomains',
    'vnicprofiles',
    'roles',
    'jobs',
    'events',
    'macpools',
    'operatingsystems',
    'networkfilters',
    'storageconnections',
    'diskprofiles',
    'cpuprofiles',
    'domains',
    'permissions',
  ])
    ids[name] ??= idOf((await admin.good('GET', `/${name}?max=1`)).children[0])
})
after(() => world?.stop())

/** The path with ids of things that exist, below the domain of the right type. */
async function pathOf(template: string): Promise<string> {
  let before = ''
  const parts = template.split('/').map(part => {
    const id = part.startsWith(':') ? (part === ':file' ? 'tiny.iso' : (ids[before] ?? zeroUuid)) : part
    before = part
    return id
  })
  return parts.join('/')
}

const reads = routes.filter(route => route.method === 'GET')

/** Catalogues that are the same in every installation and tell nothing about this one. */
const catalogues = new Set([
  '/',
  '/clusterlevels',
  '/clusterlevels/:level',
  '/clusterlevels/:level/clusterfeatures',
  '/domains',
  '/domains/:domain',
  '/networkfilters',
  '/networkfilters/:id',
  '/operatingsystems',
  '/operatingsystems/:id',
  '/schedulingpolicies',
  '/schedulingpolicies/:id',
  ...['filters', 'weights', 'balances'].flatMap(parts => [
    `/schedulingpolicies/:policy/${parts}`,
    `/schedulingpolicies/:policy/${parts}/:id`,
  ]),
  '/schedulingpolicyunits',
  '/schedulingpolicyunits/:id',
])

test('every list that an administrator reads is a document with its wrapper, in XML and in JSON', async () => {
  for (const route of reads.filter(r => !r.path.split('/').at(-1)?.startsWith(':'))) {
    const path = await pathOf(route.path)
    const xml = await admin.ask('GET', path)
    // Files are only on ISO domains; the walk's domain may be a data domain.
    if (route.path.includes('/files') && xml.status === 404) continue
    assert.equal(xml.status, 200, `GET ${path}: ${xml.text}`)
    assert.ok(xml.root, path)
    const json = await admin.ask('GET', path, undefined, { accept: 'application/json' })
    assert.equal(json.status, 200, path)
    assert.doesNotThrow(() => JSON.parse(json.text), path)
  }
})

test('every entity of a list has an id, an href that leads to it, and links that lead somewhere', async () => {
  const failures: string[] = []
  for (const name of [
    'datacenters',
    'clusters',
    'hosts',
    'storagedomains',
    'disks',
    'vms',
    'networks',
    'vnicprofiles',
    'templates',
    'affinitylabels',
    'schedulingpolicies',
    'schedulingpolicyunits',
    'tags',
    'users',
    'roles',
    'events',
    'jobs',
    'operatingsystems',
    'macpools',
  ]) {
    const [first] = (await admin.good('GET', `/${name}?max=1`)).children
    assert.ok(first, `${name} has something`)
    const href = first.attributes.get('href') ?? ''
    assert.ok(href.startsWith('/ovirt-engine/api/'), href)
    const links = first.children.filter(c => c.name === 'link').map(c => c.attributes.get('href') ?? '')
    for (const target of [href, ...links]) {
      const answer = await admin.ask('GET', target.slice('/ovirt-engine/api'.length))
      if (answer.status !== 200) failures.push(`${target}: ${answer.status}`)
    }
  }
  assert.deepEqual(failures, [])
})

test('a user without permissions, walked over every route, sees nothing', async () => {
  const nobody = await ovirtClient(world.one, 'nobody@internal', 'long enough 1')
  const seen: string[] = []
  for (const route of reads) {
    if (catalogues.has(route.path)) continue
    const path = await pathOf(route.path)
    // One sees oneself.
    if (path.includes(ids['users'] ?? '') && !path.includes('permissions/')) continue
    const answer = await nobody.ask('GET', path)
    const own = route.path === '/users' || route.path === '/domains/:domain/users' || route.path === '/events'
    const empty = answer.status === 200 && answer.root !== undefined && answer.root.children.length === 0
    if (!(answer.status === 404 || empty || own)) seen.push(`${path}: ${answer.status} ${answer.text.slice(0, 300)}`)
  }
  assert.deepEqual(seen, [])
  const users = await nobody.good('GET', '/users')
  assert.deepEqual(users.children.map(idOf), [ids['users']])
  const events = await nobody.good('GET', '/events')
  for (const event of events.children)
    assert.match(event.children.find(c => c.name === 'description')?.text ?? '', /nobody/)
})

test('a user without permissions changes nothing by any route', async () => {
  const nobody = await ovirtClient(world.one, 'nobody@internal', 'long enough 1')
  const done: string[] = []
  for (const route of routes.filter(r => r.method !== 'GET')) {
    const path = await pathOf(route.path)
    if (path.startsWith(`/users/${ids['users']}`)) continue
    const answer = await nobody.ask(
      route.method,
      path,
      route.method === 'DELETE' ? undefined : bodyFor(route.body ?? 'Action'),
    )
    if (answer.status < 400) done.push(`${route.method} ${path}: ${answer.status} ${answer.text.slice(0, 200)}`)
  }
  assert.deepEqual(done, [])
})

/** A body that would do, were it allowed. */
function bodyFor(type: string): string {
  const vm = ids['vms'] ?? ''
  const bodies: Record<string, string> = {
    Vm: `<vm><name>stolen</name><cluster id="${ids['clusters']}"/><template id="${zeroUuid}"/></vm>`,
    Disk: `<disk><alias>stolen</alias><provisioned_size>1048576</provisioned_size><format>raw</format><storage_domains><storage_domain id="${ids['storagedomains']}"/></storage_domains></disk>`,
    DiskAttachment: `<disk_attachment><disk id="${ids['disks']}"/><interface>virtio</interface></disk_attachment>`,
    Nic: '<nic><name>stolen</name></nic>',
    Cdrom: '<cdrom><file id="tiny.iso"/></cdrom>',
    DataCenter: '<data_center><name>stolen</name><local>true</local></data_center>',
    Cluster: `<cluster><name>stolen</name><data_center id="${ids['datacenters']}"/></cluster>`,
    Host: '<host><name>stolen</name><address>stolen.example</address></host>',
    StorageDomain: `<storage_domain id="${ids['storagedomains']}"><name>stolen</name><type>data</type><host id="${ids['hosts']}"/><storage><type>localfs</type><path>/stolen</path></storage></storage_domain>`,
    ImageTransfer: `<image_transfer><disk id="${ids['disks']}"/><direction>download</direction></image_transfer>`,
    Network: `<network id="${ids['networks']}"><name>stolen</name><data_center id="${ids['datacenters']}"/></network>`,
    VnicProfile: `<vnic_profile><name>stolen</name><network id="${ids['networks']}"/></vnic_profile>`,
    SchedulingPolicy: '<scheduling_policy><name>stolen</name></scheduling_policy>',
    Filter: `<filter><scheduling_policy_unit id="${ids['filters']}"/></filter>`,
    Weight: `<weight><scheduling_policy_unit id="${ids['weights']}"/></weight>`,
    Balance: `<balance><scheduling_policy_unit id="${ids['balances']}"/></balance>`,
    AffinityGroup: '<affinity_group><name>stolen</name></affinity_group>',
    AffinityLabel: `<affinity_label id="${ids['affinitylabels']}"><name>stolen</name></affinity_label>`,
    Tag: `<tag id="${ids['tags']}"><name>stolen</name></tag>`,
    User: '<user><user_name>stolen@internal-authz</user_name></user>',
    Role: '<role><name>stolen</name><permits><permit id="1"/></permits></role>',
    Permission: `<permission><role id="00000000-0000-0000-0000-000000000001"/><user id="${ids['users']}"/><vm id="${vm}"/></permission>`,
    Action: '<action/>',
  }
  return bodies[type] ?? '<action/>'
}
