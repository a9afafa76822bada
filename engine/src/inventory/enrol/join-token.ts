import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { internal } from '@rookery/model'
import { z } from 'zod'
import { operation } from '../../core/operation.ts'
import { find } from '../access.ts'
import type { ClusterRow } from '../cluster/types.ts'
import { id, name } from '../input.ts'

export const tokenHash = (secret: string): Buffer => createHash('sha256').update(secret).digest()

/** Where hosts find this installation; written at each start. */
export interface Announced {
  url: string
  /** SHA-256 of the authority's certificate, upper-case hex with colons. */
  fingerprint: string
}

/** Input of `host.joinToken`. */
export const MakeJoinToken = z.strictObject({
  clusterId: id,
  /** What the host will be called; without it by the name that it has. */
  name: name(255).optional(),
  minutes: z
    .int()
    .min(1)
    .max(7 * 24 * 60)
    .default(60),
})

/**
 * Makes a token that lets one machine become a host of the cluster by its own word, for machines that the engine cannot reach by SSH. It
 * is shown once; only its hash is kept.
 */
export const joinToken = operation({
  name: 'host.joinToken',
  input: MakeJoinToken,
  output: z.object({
    id: z.string(),
    /** One word that holds address, fingerprint and secret. */
    token: z.string(),
    /** What to run, as root, on the machine. */
    command: z.string(),
    expiresAt: z.date(),
  }),
  permit: { action: 'create_host', on: i => ({ kind: 'cluster', id: i.clusterId }) },
  async run(ctx, i) {
    const cluster = await find<ClusterRow>(ctx, 'cluster', i.clusterId)
    const announced = await ctx.sql.maybe<{
      value: Announced
    }>`select value from setting where key = 'engine.announced'`
    if (announced === undefined) throw internal('host.join.not_announced', 'This engine has not said where it is.')
    const secret = randomBytes(32).toString('base64url')
    const tokenId = randomUUID()
    const expiresAt = new Date(ctx.now.getTime() + i.minutes * 60_000)
    await ctx.sql`delete from join_token where expires_at < ${ctx.now}`
    await ctx.sql`insert into join_token (id, token_hash, cluster_id, name, created_by, expires_at)
      values (${tokenId}, ${tokenHash(secret)}, ${i.clusterId}, ${i.name ?? null}, ${ctx.actor.name}, ${expiresAt})`
    const { url, fingerprint } = announced.value
    const token = Buffer.from(JSON.stringify({ u: url, f: fingerprint, t: secret })).toString('base64url')
    ctx.event('host.join_token', {
      refs: [{ kind: 'cluster', id: i.clusterId, name: cluster.name }],
      args: { cluster: cluster.name, minutes: i.minutes },
    })
    return { id: tokenId, token, command: `rookery-agent join ${token}`, expiresAt }
  },
})
