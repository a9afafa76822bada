import { invalid, isUuid } from '@rookery/model'
import * as group from '../../../compute/affinity/group-operations.ts'
import * as label from '../../../compute/affinity/label-operations.ts'
import { groups as listGroups, labels as listLabels } from '../../../compute/affinity/queries.ts'
import type { AffinityGroupRow, AffinityLabelRow } from '../../../compute/affinity/types.ts'
import { list as listVms } from '../../../compute/vm/queries.ts'
import { ask, call } from '../../../core/call.ts'
import { list as listClusters } from '../../../inventory/cluster/queries.ts'
import { list as listHosts } from '../../../inventory/host/queries.ts'
import { apiBase } from '../http/address.ts'
import { incomplete } from '../http/fault.ts'
import { type Answer, created, list, one, removed } from '../kernel/answer.ts'
import { defined, found, pathId, referenced, requiredText } from '../kernel/read.ts'
import { type ApiRequest, del, get, post, put, type Route } from '../kernel/route.ts'
import { booleanAt, listAt, textAt, type WireObject } from '../wire/wire-object.ts'
import { groupFromWire, groupHref, groupToWire, labelToWire } from './affinity-wire.ts'

async function groupOf(request: ApiRequest, name = 'id'): Promise<AffinityGroupRow> {
  const id = pathId(request, name)
  const clusterIds = [pathId(request, 'cluster')]
  return found((await ask(request.env, listGroups, { ids: [id], clusterIds }))[0], 'AffinityGroup', id)
}

async function labelOf(request: ApiRequest, name = 'id'): Promise<AffinityLabelRow> {
  const id = pathId(request, name)
  return found((await ask(request.env, listLabels, { ids: [id] }))[0], 'AffinityLabel', id)
}

/** The label that a body names, by id or name; undefined when it names none. */
async function labelNamed(request: ApiRequest, reference: WireObject): Promise<string | undefined> {
  if (reference.id !== undefined && reference.id !== '') {
    if (!isUuid(reference.id)) throw invalid('wire.malformed_id', `Invalid UUID string: ${reference.id.slice(0, 80)}`)
    return reference.id.toLowerCase()
  }
  const name = textAt(reference, 'name')
  if (name === undefined) return undefined
  const row = (await ask(request.env, listLabels, {})).find(each => each.name === name)
  return found(row, 'AffinityLabel', name).id
}

const vmStub = (row: { id: string; name: string }, href = `${apiBase}/vms/${row.id}`): WireObject => ({
  id: row.id,
  href,
  name: row.name,
})

/** The members of a group of one kind: its list of ids, and how each is shown. */
const members = {
  vms: {
    kind: 'vm',
    type: 'Vm',
    wrapper: 'vms',
    item: 'vm',
    ids: (row: AffinityGroupRow) => row.vmIds,
    named: (request: ApiRequest, body: WireObject) => referenced(request, body, listVms, 'VM'),
    shown: async (request: ApiRequest, ids: string[]) =>
      (await ask(request.env, listVms, { ids })).map(row => vmStub(row)),
  },
  hosts: {
    kind: 'host',
    type: 'Host',
    wrapper: 'hosts',
    item: 'host',
    ids: (row: AffinityGroupRow) => row.hostIds,
    named: (request: ApiRequest, body: WireObject) => referenced(request, body, listHosts, 'Host'),
    shown: async (request: ApiRequest, ids: string[]) =>
      (await ask(request.env, listHosts, { ids })).map(row => vmStub(row, `${apiBase}/hosts/${row.id}`)),
  },
  vmlabels: {
    kind: 'vm_label',
    type: 'AffinityLabel',
    wrapper: 'affinity_labels',
    item: 'affinity_label',
    ids: (row: AffinityGroupRow) => row.vmLabelIds,
    named: labelNamed,
    shown: async (request: ApiRequest, ids: string[]) =>
      (await ask(request.env, listLabels, { ids })).map(row => labelToWire(row)),
  },
  hostlabels: {
    kind: 'host_label',
    type: 'AffinityLabel',
    wrapper: 'affinity_labels',
    item: 'affinity_label',
    ids: (row: AffinityGroupRow) => row.hostLabelIds,
    named: labelNamed,
    shown: async (request: ApiRequest, ids: string[]) =>
      (await ask(request.env, listLabels, { ids })).map(row => labelToWire(row)),
  },
} as const

function memberRoutes(name: keyof typeof members): Route[] {
  const { kind, type, wrapper, item, ids, named, shown } = members[name]
  const path = `/clusters/:cluster/affinitygroups/:group/${name}`
  return [
    get(path, async request => {
      const row = await groupOf(request, 'group')
      const all = ids(row)
      return list(type, wrapper, item, all.length === 0 ? [] : await shown(request, [...all]))
    }),
    post(path, type, async request => {
      const row = await groupOf(request, 'group')
      const memberId = await named(request, request.body)
      if (memberId === undefined) throw incomplete(type, ['id|name'], 'add')
      await call(request.env, group.addMember, { id: row.id, kind, memberId })
      const [object] = await shown(request, [memberId])
      return created(type, { ...object, id: memberId, href: `${groupHref(row)}/${name}/${memberId}` })
    }),
    del(`${path}/:id`, async request => {
      const row = await groupOf(request, 'group')
      await call(request.env, group.removeMember, { id: row.id, kind, memberId: pathId(request) })
      return removed
    }),
  ]
}

const groupRoutes: Route[] = [
  get('/clusters/:cluster/affinitygroups', async request => {
    const clusterId = pathId(request, 'cluster')
    found((await ask(request.env, listClusters, { ids: [clusterId] }))[0], 'Cluster', clusterId)
    const rows = await ask(request.env, listGroups, { clusterIds: [clusterId] })
    return list('AffinityGroup', 'affinity_groups', 'affinity_group', rows.map(groupToWire))
  }),
  post('/clusters/:cluster/affinitygroups', 'AffinityGroup', async request => {
    const name = requiredText(request.body, 'name', 'AffinityGroup')
    const clusterId = pathId(request, 'cluster')
    const { id } = await call(request.env, group.add, { clusterId, name, ...groupFromWire(request.body) })
    const [row] = await ask(request.env, listGroups, { ids: [id] })
    return created('AffinityGroup', groupToWire(found(row, 'AffinityGroup', id)))
  }),
  get('/clusters/:cluster/affinitygroups/:id', async request =>
    one('AffinityGroup', groupToWire(await groupOf(request))),
  ),
  put('/clusters/:cluster/affinitygroups/:id', 'AffinityGroup', async request => {
    const { id } = await groupOf(request)
    await call(request.env, group.update, {
      id,
      ...groupFromWire(request.body),
      ...defined({ name: textAt(request.body, 'name') }),
    })
    return one('AffinityGroup', groupToWire(await groupOf(request)))
  }),
  del('/clusters/:cluster/affinitygroups/:id', async request => {
    const { id } = await groupOf(request)
    await call(request.env, group.remove, { id })
    return removed
  }),
  ...memberRoutes('vms'),
  ...memberRoutes('hosts'),
  ...memberRoutes('vmlabels'),
  ...memberRoutes('hostlabels'),
]

/** What carries a label: below the label, and the labels below what carries them. */
const carriers = {
  vms: { kind: 'vm', type: 'Vm', item: 'vm', query: listVms, word: 'VM', ids: (row: AffinityLabelRow) => row.vmIds },
  hosts: {
    kind: 'host',
    type: 'Host',
    item: 'host',
    query: listHosts,
    word: 'Host',
    ids: (row: AffinityLabelRow) => row.hostIds,
  },
} as const

function carrierRoutes(name: keyof typeof carriers): Route[] {
  const { kind, type, item, word, ids } = carriers[name]
  const rowsOf = async (request: ApiRequest, wanted: readonly string[]): Promise<{ id: string; name: string }[]> =>
    kind === 'vm' ? ask(request.env, listVms, { ids: [...wanted] }) : ask(request.env, listHosts, { ids: [...wanted] })
  const memberNamed = (request: ApiRequest) =>
    kind === 'vm'
      ? referenced(request, request.body, listVms, word)
      : referenced(request, request.body, listHosts, word)
  const below = (row: AffinityLabelRow, member: { id: string; name: string }) =>
    vmStub(member, `${apiBase}/affinitylabels/${row.id}/${name}/${member.id}`)
  const ownerSeen = async (request: ApiRequest): Promise<string> => {
    const id = pathId(request, 'owner')
    return found((await rowsOf(request, [id]))[0], word, id).id
  }
  const labelsOf = (request: ApiRequest, id: string) =>
    ask(request.env, listLabels, kind === 'vm' ? { vmIds: [id] } : { hostIds: [id] })
  const under = (owner: string, row: AffinityLabelRow) =>
    labelToWire(row, `${apiBase}/${name}/${owner}/affinitylabels/${row.id}`)
  return [
    get(`/affinitylabels/:label/${name}`, async request => {
      const row = await labelOf(request, 'label')
      const rows = ids(row).length === 0 ? [] : await rowsOf(request, ids(row))
      return list(
        type,
        name,
        item,
        rows.map(member => below(row, member)),
      )
    }),
    post(`/affinitylabels/:label/${name}`, type, async request => {
      const row = await labelOf(request, 'label')
      const memberId = await memberNamed(request)
      if (memberId === undefined) throw incomplete(type, ['id|name'], 'add')
      await call(request.env, label.assign, { id: row.id, kind, memberId })
      const [member] = await rowsOf(request, [memberId])
      return created(type, below(row, found(member, word, memberId)))
    }),
    get(`/affinitylabels/:label/${name}/:id`, async request => {
      const row = await labelOf(request, 'label')
      const id = pathId(request)
      const [member] = ids(row).includes(id) ? await rowsOf(request, [id]) : []
      return one(type, below(row, found(member, word, id)))
    }),
    del(`/affinitylabels/:label/${name}/:id`, async request => {
      const row = await labelOf(request, 'label')
      await call(request.env, label.unassign, { id: row.id, kind, memberId: pathId(request) })
      return removed
    }),
    get(`/${name}/:owner/affinitylabels`, async request => {
      const owner = await ownerSeen(request)
      const rows = await labelsOf(request, owner)
      return list(
        'AffinityLabel',
        'affinity_labels',
        'affinity_label',
        rows.map(row => under(owner, row)),
      )
    }),
    post(`/${name}/:owner/affinitylabels`, 'AffinityLabel', async request => {
      const owner = await ownerSeen(request)
      const id = await labelNamed(request, request.body)
      if (id === undefined) throw incomplete('AffinityLabel', ['id|name'], 'add')
      await call(request.env, label.assign, { id, kind, memberId: owner })
      const row = (await labelsOf(request, owner)).find(each => each.id === id)
      return created('AffinityLabel', under(owner, found(row, 'AffinityLabel', id)))
    }),
    get(`/${name}/:owner/affinitylabels/:id`, async request => {
      const owner = await ownerSeen(request)
      const id = pathId(request)
      const row = (await labelsOf(request, owner)).find(each => each.id === id)
      return one('AffinityLabel', under(owner, found(row, 'AffinityLabel', id)))
    }),
    del(`/${name}/:owner/affinitylabels/:id`, async request => {
      const owner = await ownerSeen(request)
      await call(request.env, label.unassign, { id: pathId(request), kind, memberId: owner })
      return removed
    }),
  ]
}

const labelAnswer = async (request: ApiRequest, id: string): Promise<AffinityLabelRow> =>
  found((await ask(request.env, listLabels, { ids: [id] }))[0], 'AffinityLabel', id)

/** Members that a new label's body brings along. */
async function assignNamed(request: ApiRequest, id: string): Promise<void> {
  for (const kind of ['vm', 'host'] as const)
    for (const member of listAt(request.body, `${kind}s`) ?? [])
      if (member.id !== undefined && member.id !== '')
        await call(request.env, label.assign, { id, kind, memberId: member.id })
}

const labelRoutes: Route[] = [
  get('/affinitylabels', async request =>
    list(
      'AffinityLabel',
      'affinity_labels',
      'affinity_label',
      (await ask(request.env, listLabels, {})).map(row => labelToWire(row)),
    ),
  ),
  post('/affinitylabels', 'AffinityLabel', async (request): Promise<Answer> => {
    const { body } = request
    const { id } = await call(request.env, label.add, {
      name: requiredText(body, 'name', 'AffinityLabel'),
      ...defined({
        description: textAt(body, 'description'),
        implicitGroup: booleanAt(body, 'has_implicit_affinity_group'),
      }),
    })
    await assignNamed(request, id)
    return created('AffinityLabel', labelToWire(await labelAnswer(request, id)))
  }),
  get('/affinitylabels/:id', async request => one('AffinityLabel', labelToWire(await labelOf(request)))),
  put('/affinitylabels/:id', 'AffinityLabel', async request => {
    const { body } = request
    const id = pathId(request)
    await call(request.env, label.update, {
      id,
      ...defined({
        name: textAt(body, 'name'),
        description: textAt(body, 'description'),
        implicitGroup: booleanAt(body, 'has_implicit_affinity_group'),
      }),
    })
    return one('AffinityLabel', labelToWire(await labelAnswer(request, id)))
  }),
  del('/affinitylabels/:id', async request => {
    await call(request.env, label.remove, { id: pathId(request) })
    return removed
  }),
  ...carrierRoutes('vms'),
  ...carrierRoutes('hosts'),
]

/** Affinity groups of clusters, and affinity labels. */
export const affinityRoutes: Route[] = [...groupRoutes, ...labelRoutes]
