import { randomUUID } from 'node:crypto'
import { conflict, invalid, unauthenticated } from '@rookery/model'
import type { EnrolmentAnswer, EnrolmentRequest } from '@rookery/protocol'
import { inTransaction } from '../../core/call.ts'
import type { Ctx } from '../../core/ctx.ts'
import type { EngineHandle } from '../../engine.ts'
import { lockWord } from '../access.ts'
import { certifier, engineClientName } from './authority.ts'
import { tokenHash } from './join-token.ts'

/** How far a host's clock may be from ours, seconds: certificates, tickets and leases need clocks that agree. */
export const clockSeconds = 120

interface Token {
  id: string
  clusterId: string
  name: string | null
  expired: boolean
  hostId: string | null
  hostUuid: string | null
}

/**
 * Makes a host of a machine that shows a join token, and signs its key. The agent is called by the watch from then on, like any host's. The
 * same machine may ask again until the token expires, since the answer may have been lost; it comes to the same host.
 * @throws RookeryError `unauthenticated` `host.join.token`, `host.join.expired`; `invalid` `host.join.clock`, `certificate.request`;
 * `conflict` `host.join.used`, `host.already_added`, `host.address_taken`, `host.name_taken`
 */
export async function enrol(engine: EngineHandle, i: EnrolmentRequest): Promise<EnrolmentAnswer> {
  const certify = certifier(engine)
  return inTransaction(engine.env(), async ctx => {
    const token = await ctx.sql.maybe<Token>`
      select id, cluster_id, name, expires_at < now() as expired, host_id, host_uuid
        from join_token where token_hash = ${tokenHash(i.token)} for update`
    if (token === undefined)
      throw unauthenticated(
        'host.join.token',
        'This join token is not known here. Ask the administrator for a new one.',
      )
    if (token.expired)
      throw unauthenticated('host.join.expired', 'This join token has expired. Ask the administrator for a new one.')
    if (token.hostUuid !== null && token.hostUuid !== i.hostUuid)
      throw conflict(
        'host.join.used',
        'This join token was used by another machine already; each machine needs its own.',
      )
    const off = Math.round((i.now - ctx.now.getTime()) / 1000)
    if (Math.abs(off) > clockSeconds)
      throw invalid(
        'host.join.clock',
        `The clock of this machine is ${Math.abs(off)} seconds ${off > 0 ? 'ahead of' : 'behind'} the engine's. ` +
          'Set it right (chrony or systemd-timesyncd keep it so), then repeat.',
        { detail: { seconds: off } },
      )
    const host = token.hostId === null ? await addHost(ctx, token, i) : await knownHost(ctx, token.hostId, i)
    const signed = await certify(i.request, { ...host, address: i.address })
    await ctx.sql`update host set certificate_until = ${signed.validUntil} where id = ${host.id}::uuid`
    return {
      hostId: host.id,
      name: host.name,
      engineId: engine.config.engineId,
      clientName: engineClientName,
      certificate: signed.certificate,
      ca: signed.ca,
    }
  })
}

async function addHost(ctx: Ctx, token: Token, i: EnrolmentRequest): Promise<{ id: string; name: string }> {
  const { sql } = ctx
  const host = { id: randomUUID(), name: token.name ?? i.hostname }
  const url = `https://${i.address.includes(':') ? `[${i.address}]` : i.address}:${i.port}`
  await lockWord(sql, 'host name', host.name)
  await lockWord(sql, 'host url', url)
  const others = await sql<{ name: string; sameUuid: boolean; sameUrl: boolean; sameName: boolean }>`
    select name, coalesce(host_uuid = ${i.hostUuid}::uuid, false) as same_uuid, url = ${url} as same_url, lower(name) = lower(${host.name}) as same_name
      from host where host_uuid = ${i.hostUuid}::uuid or url = ${url} or lower(name) = lower(${host.name})`
  const same = others.find(other => other.sameUuid)
  if (same !== undefined)
    throw conflict('host.already_added', `This machine is host ${same.name} already. Remove that host first.`, {
      detail: { host: same.name },
    })
  const there = others.find(other => other.sameUrl)
  if (there !== undefined)
    throw conflict('host.address_taken', `Cannot add Host. Host ${there.name} has the address ${i.address} already.`, {
      detail: { host: there.name },
    })
  if (others.length > 0)
    throw conflict('host.name_taken', `Cannot add Host. The Host name ${host.name} is already in use.`)
  await sql`insert into host (id, cluster_id, name, address, port, url, host_uuid)
    values (${host.id}, ${token.clusterId}, ${host.name}, ${i.address}, ${i.port}, ${url}, ${i.hostUuid})`
  await sql`update join_token set host_id = ${host.id}, host_uuid = ${i.hostUuid}, used_at = now() where id = ${token.id}::uuid`
  ctx.changed('host', host.id)
  ctx.event('host.joined', {
    refs: [
      { kind: 'host', id: host.id, name: host.name },
      { kind: 'cluster', id: token.clusterId },
    ],
    args: { host: host.name, address: i.address },
  })
  return host
}

async function knownHost(ctx: Ctx, hostId: string, i: EnrolmentRequest): Promise<{ id: string; name: string }> {
  const url = `https://${i.address.includes(':') ? `[${i.address}]` : i.address}:${i.port}`
  const rows = await ctx.sql<{ id: string; name: string }>`
    update host set address = ${i.address}, port = ${i.port}, url = ${url} where id = ${hostId}::uuid returning id, name`
  if (rows[0] === undefined)
    throw unauthenticated('host.join.token', 'This join token is not known here. Ask the administrator for a new one.')
  ctx.changed('host', hostId)
  return rows[0]
}
