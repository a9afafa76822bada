import { zeroUuid } from '@rookery/model'
import { ask } from '../../../core/call.ts'
import { summary as askSummary } from '../../../inventory/summary.ts'
import { apiBase } from '../http/address.ts'
import { stub } from '../kernel/answer.ts'
import { type ApiRequest, get, type Route } from '../kernel/route.ts'
import type { WireObject } from '../wire/wire-object.ts'

/** Top collections in the original's order; those in the second list have a search link too (fact sheet 1.10). */
export const topCollections = [
  'clusters',
  'datacenters',
  'events',
  'hosts',
  'networks',
  'roles',
  'storagedomains',
  'tags',
  'bookmarks',
  'icons',
  'templates',
  'instancetypes',
  'users',
  'groups',
  'domains',
  'vmpools',
  'vms',
  'disks',
  'jobs',
  'storageconnections',
  'vnicprofiles',
  'diskprofiles',
  'cpuprofiles',
  'schedulingpolicies',
  'permissions',
  'macpools',
  'networkfilters',
  'operatingsystems',
  'openstacknetworkproviders',
  'affinitylabels',
  'clusterlevels',
  'imagetransfers',
] as const

export const searchable = [
  'clusters',
  'datacenters',
  'events',
  'hosts',
  'networks',
  'storagedomains',
  'templates',
  'instancetypes',
  'users',
  'groups',
  'vmpools',
  'vms',
  'disks',
] as const

/** The release that clients compare with (fact sheet 1.10): collection 3 and the SDK expect 4.5. */
const apiVersion = { major: 4, minor: 5, build: 8, revision: 0, full_version: '4.5.8-1.el9' }

function rootLinks(): Record<string, string> {
  const links: Record<string, string> = {}
  for (const name of topCollections) {
    links[name] = `${apiBase}/${name}`
    if ((searchable as readonly string[]).includes(name)) links[`${name}/search`] = `${apiBase}/${name}?search={query}`
  }
  return links
}

async function summary(request: ApiRequest): Promise<WireObject> {
  const counts = await ask(request.env, askSummary, {})
  return {
    hosts: { active: counts.hostsUp, total: counts.hosts },
    storage_domains: { active: counts.storageDomainsActive, total: counts.storageDomains },
    users: { active: counts.users, total: counts.users },
    vms: { active: counts.vmsActive, total: counts.vms },
  }
}

async function root(request: ApiRequest): Promise<WireObject> {
  const { actor } = request.env
  const user = stub('users', actor.userId)
  return {
    link: rootLinks(),
    product_info: {
      instance_id: request.services.instanceId,
      name: 'oVirt Engine',
      vendor: 'Rookery',
      version: apiVersion,
    },
    special_objects: { blank_template: stub('templates', zeroUuid), root_tag: stub('tags', zeroUuid) },
    ...(actor.admin ? { summary: await summary(request) } : {}),
    time: new Date(),
    authenticated_user: user,
    effective_user: user,
  }
}

export const rootRoutes: Route[] = [
  get('/', async request => {
    const links = Object.entries(rootLinks()).toSorted(([a], [b]) => (a < b ? -1 : 1))
    const header = links.map(([rel, href]) => `<${request.origin}${href}>; rel=${rel}`).join(',')
    return { kind: 'one', status: 200, type: 'Api', object: await root(request), headers: { link: header } }
  }),
]
