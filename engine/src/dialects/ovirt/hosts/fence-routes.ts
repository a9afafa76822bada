import { invalid } from '@rookery/model'
import { call, ask } from '../../../core/call.ts'
import * as fence from '../../../inventory/fence/operations.ts'
import { list as listAgents } from '../../../inventory/fence/queries.ts'
import type { FenceAgentRow, FenceHow } from '../../../inventory/fence/types.ts'
import { list as listHosts } from '../../../inventory/host/queries.ts'
import { jobById } from '../../../jobs/index.ts'
import { apiBase } from '../http/address.ts'
import { actionDone, created, list, one, removed } from '../kernel/answer.ts'
import { defined, found, pathId, requiredText } from '../kernel/read.ts'
import { type ApiRequest, action, del, get, post, put } from '../kernel/route.ts'
import { settled } from '../kernel/settled.ts'
import { booleanAt, numberAt, listAt, textAt, type WireObject } from '../wire/wire-object.ts'

/** A fence agent as the API shows it: without its password. */
export function agentToWire(row: FenceAgentRow): WireObject {
  const host = `${apiBase}/hosts/${row.hostId}`
  return {
    id: row.id,
    href: `${host}/fenceagents/${row.id}`,
    address: row.address,
    concurrent: row.concurrent,
    encrypt_options: row.encryptOptions,
    options: Object.entries(row.options).map(([name, value]) => ({ name, value })),
    order: row.position,
    port: row.port ?? undefined,
    type: row.type,
    username: row.username,
    host: { id: row.hostId, href: host },
  }
}

const agentFromWire = (body: WireObject) =>
  defined({
    username: textAt(body, 'username'),
    password: textAt(body, 'password'),
    port: numberAt(body, 'port'),
    encryptOptions: booleanAt(body, 'encrypt_options'),
    concurrent: booleanAt(body, 'concurrent'),
    position: numberAt(body, 'order'),
    options: optionsIn(body),
  })

function optionsIn(body: WireObject): Record<string, string> | undefined {
  const options = listAt(body, 'options')
  if (options === undefined) return undefined
  return Object.fromEntries(options.map(option => [textAt(option, 'name') ?? '', textAt(option, 'value') ?? '']))
}

/** What a `<host>` says of its power management; absent stays. */
export function powerFromWire(body: WireObject) {
  const said = defined({
    enabled: booleanAt(body, 'power_management', 'enabled'),
    kdumpDetection: booleanAt(body, 'power_management', 'kdump_detection'),
    automatic: booleanAt(body, 'power_management', 'automatic_pm_enabled'),
  })
  return Object.keys(said).length === 0 ? undefined : said
}

async function agentsOf(request: ApiRequest): Promise<FenceAgentRow[]> {
  const hostId = pathId(request, 'host')
  found((await ask(request.env, listHosts, { ids: [hostId] }))[0], 'Host', hostId)
  return ask(request.env, listAgents, { hostIds: [hostId] })
}

async function agentOf(request: ApiRequest, id = pathId(request)): Promise<FenceAgentRow> {
  return found(
    (await agentsOf(request)).find(agent => agent.id === id),
    'FenceAgent',
    id,
  )
}

/** Fence agents of a host. */
export const fenceAgentRoutes = [
  get('/hosts/:host/fenceagents', async request =>
    list('Agent', 'agents', 'agent', (await agentsOf(request)).map(agentToWire)),
  ),
  post('/hosts/:host/fenceagents', 'Agent', async request => {
    const { id } = await call(request.env, fence.addAgent, {
      hostId: pathId(request, 'host'),
      type: requiredText(request.body, 'type', 'Agent'),
      address: requiredText(request.body, 'address', 'Agent'),
      ...agentFromWire(request.body),
    })
    return created('Agent', agentToWire(await agentOf(request, id)))
  }),
  get('/hosts/:host/fenceagents/:id', async request => one('Agent', agentToWire(await agentOf(request)))),
  put('/hosts/:host/fenceagents/:id', 'Agent', async request => {
    const { id } = await agentOf(request)
    await call(request.env, fence.updateAgent, {
      id,
      ...defined({ type: textAt(request.body, 'type'), address: textAt(request.body, 'address') }),
      ...agentFromWire(request.body),
    })
    return one('Agent', agentToWire(await agentOf(request)))
  }),
  del('/hosts/:host/fenceagents/:id', async request => {
    const { id } = await agentOf(request)
    await call(request.env, fence.removeAgent, { id })
    return removed
  }),
]

const hows: Readonly<Record<string, FenceHow>> = {
  restart: 'restart',
  start: 'start',
  stop: 'stop',
  status: 'status',
  manual: 'confirm',
}

/** Switches the power of a host, asks for it, or (`manual`) takes a person's word that it was rebooted. */
export const fenceRoute = action('/hosts/:id/fence', async request => {
  const type = requiredText(request.body, 'fence_type', 'Action')
  const how = hows[type.toLowerCase()]
  if (how === undefined)
    throw invalid(
      'host.fence_type',
      `The fence type "${type.slice(0, 40)}" is not known: manual, restart, start, status and stop are.`,
    )
  const { jobId } = await call(request.env, fence.fence, { id: pathId(request), how })
  // How the power is, is the answer; the others are accepted like any action.
  await settled(request, jobId, { wait: how === 'status' })
  const result = how === 'status' ? ((await jobById(request.env.db.sql, jobId))?.result as { power?: string }) : null
  return actionDone(
    request.body,
    jobId,
    result?.power === undefined ? {} : { power_management: { status: result.power } },
  )
})
