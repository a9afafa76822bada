import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import type { Report } from '../harness/report.ts'
import { type Api, base, element, expect, expectFault, idOf } from './api.ts'

/** Documents whose parts clients use without looking whether they are there (fact sheet 1.1, 1.9 to 1.12). */
export async function documentChecks(report: Report, api: Api): Promise<void> {
  await report.check('/ca.crt and the pki-resource page give the CA to everybody', async () => {
    const own = new X509Certificate(api.http.ca).fingerprint256
    const page = '/ovirt-engine/services/pki-resource'
    for (const path of [
      '/ca.crt',
      `${page}?resource=ca-certificate`,
      `${page}?resource=ca-certificate&format=X509-PEM-CA`,
      `${page}?resource=ca-certificate&format=X509-PEM`,
    ]) {
      const answer = await api.http.call(path)
      expect(answer, 200)
      assert.equal(new X509Certificate(answer.text).fingerprint256, own, path)
    }
    const engine = await api.http.call(`${page}?resource=engine-certificate&format=X509-PEM`)
    expect(engine, 200)
    assert.ok(new X509Certificate(engine.text).checkIssued(new X509Certificate(api.http.ca)))
    const key = await api.http.call(`${page}?resource=engine-certificate&format=OPENSSH-PUBKEY`)
    expect(key, 200)
    assert.match(key.text, /^(ssh-|ecdsa-)\S+ \S+/)
    for (const query of ['', '?resource=nonsense', '?resource=ca-certificate&format=nonsense'])
      expect(await api.http.call(`${page}${query}`), 400)
  })
  await report.check('the health page says the words that monitors look for', async () => {
    const answer = await api.http.call('/ovirt-engine/services/health')
    expect(answer, 200, 'html')
    assert.equal(answer.text.trim(), 'DB Up!Welcome to Health Status!')
  })
  await report.check('the root document: version, special objects, links, searches', async () => {
    const answer = await api.call(base)
    expect(answer, 200, 'xml')
    for (const rel of [
      'clusters',
      'datacenters',
      'events',
      'hosts',
      'networks',
      'storagedomains',
      'tags',
      'templates',
      'users',
      'vms',
      'disks',
      'jobs',
      'vnicprofiles',
      'imagetransfers',
      'operatingsystems',
    ])
      assert.ok(answer.text.includes(`href="${base}/${rel}"`) && answer.text.includes(`rel="${rel}"`), `no link ${rel}`)
    for (const rel of [
      'vms',
      'vmpools',
      'storagedomains',
      'clusters',
      'datacenters',
      'hosts',
      'disks',
      'events',
      'networks',
      'templates',
      'users',
      'groups',
    ])
      assert.match(answer.text, new RegExp(`href="${base}/${rel}\\?search=\\{query\\}"`), `no link ${rel}/search`)
    assert.match(answer.text, /<blank_template\b[^>]*id="00000000-0000-0000-0000-000000000000"/)
    assert.match(answer.text, /<root_tag\b[^>]*id="00000000-0000-0000-0000-000000000000"/)
    assert.equal(element(answer.text, 'major'), '4')
    assert.match(element(answer.text, 'full_version') ?? '', /^4\.5\./)
    for (const part of ['product_info', 'summary', 'authenticated_user', 'effective_user', 'time'])
      assert.ok(answer.text.includes(`<${part}`), `no ${part}`)
    assert.match(String(answer.headers['link'] ?? ''), /<https:\/\/[^>]+\/ovirt-engine\/api\/vms>; rel=vms\b/)
  })
  await report.check('every list that the root document links to can be read', async () => {
    for (const [, href = ''] of (await api.xml(base)).matchAll(/<link\b[^>]*href="([^"{]+)"[^>]*>/g)) {
      const answer = await api.call(href)
      assert.equal(answer.status, 200, `${href}: ${answer.status} ${answer.text.slice(0, 200)}`)
    }
  })
  await report.check('there is always an event, with id and index', async () => {
    const events = await api.xml('/events?max=1')
    assert.match(idOf(events, 'event'), /^\d+$/)
    for (const part of ['index', 'code', 'severity', 'description', 'time'])
      assert.ok(element(events, part), `no ${part}`)
    const last = Number(element(events, 'index'))
    assert.match(await api.xml(`/events?from=${last}`), /<events\s*\/>|<events>|<events\s/)
  })
  await report.check('fixed ids that clients know', async () => {
    for (const path of [
      '/templates/00000000-0000-0000-0000-000000000000',
      '/tags/00000000-0000-0000-0000-000000000000',
      '/roles/00000000-0000-0000-0000-000000000001',
    ])
      expect(await api.call(path), 200, 'xml')
  })
  await report.check('href is a path, and every link of an object leads somewhere', async () => {
    for (const [list, item] of [
      ['datacenters', 'data_center'],
      ['clusters', 'cluster'],
      ['hosts', 'host'],
      ['storagedomains', 'storage_domain'],
      ['networks', 'network'],
      ['vnicprofiles', 'vnic_profile'],
      ['templates', 'template'],
    ] as const) {
      const id = idOf(await api.xml(`/${list}`), item)
      const xml = await api.xml(`/${list}/${id}`)
      assert.match(xml, new RegExp(`href="${base}/${list}/${id}"`))
      const links = [...xml.matchAll(/<link\b[^>]*href="([^"]+)"[^>]*>/g)].map(([, href = '']) => href)
      const actions = [...(/<actions>([\s\S]*?)<\/actions>/.exec(xml)?.[1] ?? '').matchAll(/href="([^"]+)"/g)].map(
        ([, href]) => href,
      )
      for (const href of links.filter(each => !actions.includes(each))) {
        assert.ok(href.startsWith(`${base}/`), `${href} is no path below ${base}`)
        const answer = await api.call(href)
        assert.equal(answer.status, 200, `${href}: ${answer.status} ${answer.text.slice(0, 200)}`)
      }
    }
  })
  await report.check('what clients dereference without a look', async () => {
    const must = async (path: string, parts: readonly string[]) => {
      const xml = await api.xml(path)
      for (const part of parts) assert.match(xml, new RegExp(`<${part}[\\s/>]`), `${path} has no ${part}`)
    }
    await must('/hosts', [
      'power_management',
      'kdump_detection',
      'spm',
      'priority',
      'custom_kernel_cmdline',
      'cluster',
      'status',
      'update_available',
      'vgpu_placement',
    ])
    await must('/clusters', [
      'cpu',
      'version',
      'data_center',
      'memory_policy',
      'over_commit',
      'ksm',
      'migration',
      'auto_converge',
      'error_handling',
      'on_error',
      'switch_type',
      'scheduling_policy',
      'mac_pool',
    ])
    await must('/datacenters', ['status', 'local', 'version', 'quota_mode', 'mac_pool'])
    await must('/storagedomains', [
      'type',
      'external_status',
      'storage',
      'available',
      'used',
      'committed',
      'master',
      'data_centers',
    ])
    await must('/networks', ['data_center', 'usages', 'mtu'])
    await must('/templates', ['version', 'version_number', 'base_template'])
  })
  await report.check('an empty string that clients split has both tags', async () => {
    assert.match(await api.xml('/hosts'), /<custom_kernel_cmdline>[^<]*<\/custom_kernel_cmdline>/)
  })
  await report.check(
    'follow puts the object in place of the link, in lists too; unknown names are ignored',
    async () => {
      const cluster = await api.xml(
        `/clusters/${idOf(await api.xml('/clusters'), 'cluster')}?follow=data_center,networks`,
      )
      assert.match(cluster, /<data_center\b[^>]*>[\s\S]*<quota_mode>/)
      assert.match(cluster, /<networks\b[^>]*>\s*<network\b/)
      assert.match(await api.xml('/hosts?follow=cluster'), /<cluster\b[^>]*>[\s\S]*<switch_type>/)
      assert.match(await api.xml('/storagedomains?follow=diskProfiles,data_centers'), /<storage_domain\b/)
      expect(await api.call('/hosts?follow='), 200, 'xml')
      expect(await api.call('/hosts?follow=nonsense,cluster.nonsense'), 200, 'xml')
    },
  )
  await report.check('searches that clients really send', async () => {
    for (const [path, searches] of Object.entries(realSearches))
      for (const search of searches) expect(await api.call(`/${path}?search=${encodeURIComponent(search)}`), 200, 'xml')
    expectFault(await api.call(`/vms?search=${encodeURIComponent('name = = and (')}`), 400)
  })
  await report.check('what is taken away can be asked about: DELETE is 200, then 404', async () => {
    const made = await api.post('/tags', `<tag><name>raw-${crypto.randomUUID().slice(0, 8)}</name></tag>`)
    const id = idOf(made, 'tag')
    expect(await api.call(`/tags/${id}`, { method: 'DELETE' }), 200)
    expectFault(await api.call(`/tags/${id}`), 404)
    expectFault(await api.call(`/tags/${id}`, { method: 'DELETE' }), 404)
  })
}

/** Fact sheet 1.8. */
const realSearches: Readonly<Record<string, readonly string[]>> = {
  datacenters: ['name="dc1"', 'Clusters.name=cl1', 'storage.name=X'],
  networks: ['name="net1" and datacenter="dc1"'],
  templates: ['name="tpl1" and cluster="cl1"', 'name=Blank and datacenter=dc1', 'vm.name=vm1'],
  disks: ['name="d1" and Storage.name="data1"', 'name="vmd" and Storage.name="data1" and vm_names="vm1"'],
  users: ['usrname="alice@internal-authz"'],
  vms: ['name=vm1 cluster=cl1', 'tag=t1', 'status=up sortby cpu_usage desc', 'name="*"', 'name=a* or name=b page 2'],
  events: ['type=842 or type=841 or type=888', 'type=885', 'severity=error sortby time desc'],
  jobs: ['correlation_id=X'],
  hosts: ['hw_id=U and datacenter=D and status=Up', 'status=up sortby name asc'],
  storagedomains: ['name="*"', 'type=data and status=active'],
  clusters: ['name=Default'],
}
