import { randomUUID } from 'node:crypto'
import { conflict, hostCan, internal, must, notFound } from '@rookery/model'
import { z } from 'zod'
import type { Ctx } from '../../core/ctx.ts'
import type { Ref } from '../../core/kinds.ts'
import { operation } from '../../core/operation.ts'
import { json, type Sql } from '../../db/index.ts'
import { find, mustBeSeen } from '../access.ts'
import type { HostRow } from '../host/types.ts'
import { fenceHost } from './fence.ts'
import { storageSilenceSeconds } from './policy.ts'
import { agentsOf, proxiesOf } from './store.ts'
import {
  AddFenceAgent,
  type FenceAgentRow,
  FenceHost,
  type FenceHow,
  OneFenceAgent,
  PowerManagement,
  UpdateFenceAgent,
} from './types.ts'

const Done = z.object({ id: z.string() })
const Started = z.object({ id: z.string(), jobId: z.string() })
const ref = (id: string) => ({ kind: 'host' as const, id })
const unknown = '00000000-0000-0000-0000-000000000000'

/** The host that a fence agent is of; one that nobody has stands for an agent that is not there. */
const hostOf = async (i: { id: string }, sql: Sql): Promise<Ref> =>
  ref(
    (await sql.maybe<{ hostId: string }>`select host_id from fence_agent where id = ${i.id}::uuid`)?.hostId ?? unknown,
  )

async function agentOf(ctx: Ctx, id: string): Promise<{ agent: FenceAgentRow & { password: string }; host: HostRow }> {
  const agent = await ctx.sql.maybe<FenceAgentRow & { password: string }>`
    select * from fence_agent where id = ${id}::uuid for update`
  if (agent === undefined) throw notFound('fence_agent.not_found', `Entity not found: FenceAgent: id=${id}`)
  return { agent, host: await find<HostRow>(ctx, 'host', agent.hostId) }
}

function sealed(ctx: Ctx, password: string): Promise<string> {
  const { secrets } = ctx.env
  if (secrets === undefined) throw internal('secret.none', 'This engine has no key for kept passwords.')
  return secrets.seal(password)
}

const told = (agent: { type: string; address: string }): string => `${agent.type} ${agent.address}`

/** Says by which device the power of a host can be switched. */
export const addAgent = operation({
  name: 'fenceAgent.add',
  input: AddFenceAgent,
  output: Done,
  permit: { action: 'edit_host_configuration', on: i => ref(i.hostId) },
  async run(ctx, i) {
    const host = await find<HostRow>(ctx, 'host', i.hostId)
    await ctx.sql`select 1 from host where id = ${i.hostId}::uuid for update`
    const others = await agentsOf(ctx.sql, i.hostId)
    if (
      others.some(
        other => other.type === i.type && other.address === i.address && other.port === i.port && same(other, i),
      )
    )
      throw conflict(
        'fence_agent.exists',
        `Cannot add Fence Agent. Host ${host.name} has the agent ${told(i)} already.`,
        { ref: ref(i.hostId) },
      )
    const id = randomUUID()
    const position = i.position ?? Math.max(0, ...others.map(other => other.position)) + 1
    await ctx.sql`insert into fence_agent (id, host_id, position, concurrent, type, address, port, username, password, encrypt_options, options)
      values (${id}, ${i.hostId}, ${position}, ${i.concurrent}, ${i.type}, ${i.address}, ${i.port}, ${i.username},
        ${await sealed(ctx, i.password)}, ${i.encryptOptions}, ${json(i.options)})`
    ctx.changed('host', i.hostId)
    ctx.event('host.fence_agent.added', {
      refs: [{ ...ref(i.hostId), name: host.name }],
      args: { host: host.name, agent: told(i) },
    })
    return { id }
  },
})

/** Two outlets of one power strip are two agents. */
const same = (a: { options: Record<string, string> }, b: { options: Record<string, string> }): boolean =>
  a.options['slot'] === b.options['slot']

/** Changes a fence agent; its password stays unless a new one is said. */
export const updateAgent = operation({
  name: 'fenceAgent.update',
  input: UpdateFenceAgent,
  output: Done,
  permit: { action: 'edit_host_configuration', on: hostOf },
  async run(ctx, i) {
    const { agent, host } = await agentOf(ctx, i.id)
    mustBeSeen({ ...agent, name: told(agent) }, i.version)
    const next = { ...agent, ...Object.fromEntries(Object.entries(i).filter(([, value]) => value !== undefined)) }
    const password = i.password === undefined ? agent.password : await sealed(ctx, i.password)
    await ctx.sql`update fence_agent set position = ${next.position}, concurrent = ${next.concurrent}, type = ${next.type},
        address = ${next.address}, port = ${next.port}, username = ${next.username}, password = ${password},
        encrypt_options = ${next.encryptOptions}, options = ${json(next.options)}, version = version + 1
      where id = ${i.id}::uuid`
    ctx.changed('host', host.id)
    ctx.event('host.fence_agent.updated', {
      refs: [{ ...ref(host.id), name: host.name }],
      args: { host: host.name, agent: told(next) },
    })
    return { id: i.id }
  },
})

/** Forgets a fence agent. */
export const removeAgent = operation({
  name: 'fenceAgent.remove',
  input: OneFenceAgent,
  output: Done,
  permit: { action: 'edit_host_configuration', on: hostOf },
  async run(ctx, i) {
    const { agent, host } = await agentOf(ctx, i.id)
    await ctx.sql`delete from fence_agent where id = ${i.id}::uuid`
    ctx.changed('host', host.id)
    ctx.event('host.fence_agent.removed', {
      refs: [{ ...ref(host.id), name: host.name }],
      args: { host: host.name, agent: told(agent) },
    })
    return { id: i.id }
  },
})

const tables = {
  restart: hostCan.restart,
  stop: hostCan.powerOff,
  start: hostCan.powerOn,
  confirm: hostCan.confirmRebooted,
} satisfies Record<Exclude<FenceHow, 'status'>, unknown>

/** Seconds for which a host must have been silent before a person may call it dead. */
const silentSeconds = 30

/**
 * Switches the power of a host through another one, asks how it is, or takes a person's word that the host was rebooted. Whoever confirms
 * what is not so lets a VM run twice, so a host that is heard, or seen on storage, is not believed to be dead.
 */
export const fence = operation({
  name: 'host.fence',
  input: FenceHost,
  output: Started,
  permit: { action: 'manipulate_host', on: i => ref(i.id) },
  preempts: ['host.deactivate', 'host.activate'],
  async run(ctx, i) {
    const host = await find<HostRow>(ctx, 'host', i.id)
    if (i.how !== 'status') must(tables[i.how], host)
    if (i.how === 'confirm') await mustBeSilent(ctx, host)
    else await mustHavePower(ctx, host)
    ctx.changed('host', i.id)
    return {
      id: i.id,
      ...(await ctx.start(fenceHost, { hostId: i.id, name: host.name, how: i.how, automatic: false })),
    }
  },
})

async function mustBeSilent(ctx: Ctx, host: HostRow): Promise<void> {
  const { heard, storage } = await ctx.sql.one<{ heard: number | null; storage: number | null }>`
    select extract(epoch from now() - seen_at)::float8 as heard, extract(epoch from now() - storage_seen_at)::float8 as storage
      from host where id = ${host.id}::uuid`
  if (heard !== null && heard < silentSeconds)
    throw conflict(
      'host.still_heard',
      `Cannot confirm that Host ${host.name} was rebooted. It was heard ${Math.round(heard)} seconds ago; wait until it has been silent for ${silentSeconds} seconds.`,
      { ref: ref(host.id), detail: { seconds: Math.round(heard) } },
    )
  if (storage !== null && storage < storageSilenceSeconds)
    throw conflict(
      'host.alive_on_storage',
      `Cannot confirm that Host ${host.name} was rebooted. It was seen on storage ${Math.round(storage)} seconds ago, so it runs. Switch it off and try again.`,
      { ref: ref(host.id), detail: { seconds: Math.round(storage) } },
    )
}

async function mustHavePower(ctx: Ctx, host: HostRow): Promise<void> {
  const { enabled } = PowerManagement.parse(host.powerManagement)
  if (!enabled || host.fenceAgents === 0)
    throw conflict(
      'host.no_power_management',
      `Cannot fence Host. Power management is not configured on Host ${host.name}.`,
      { ref: ref(host.id) },
    )
  if ((await proxiesOf(ctx.sql, host.id)).length === 0)
    throw conflict(
      'host.no_fence_proxy',
      'Cannot fence Host. There is no other Host in the Data Center that is up and could switch its power.',
      { ref: ref(host.id) },
    )
}
