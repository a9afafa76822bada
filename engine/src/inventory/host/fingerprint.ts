import { unavailable } from '@rookery/model'
import { z } from 'zod'
import { systemRef } from '../../core/kinds.ts'
import { query } from '../../core/query.ts'
import { find, mustHold } from '../access.ts'
import type { ClusterRow } from '../cluster/types.ts'
import { LookAtHost } from './types.ts'

/** Longest that a machine may take to show its key, milliseconds. */
const patienceMs = 30_000

/**
 * The key that a machine's SSH server shows, for a person to compare before it is pinned by `host.add`. Nothing is sent there but the
 * beginning of a connection. For whoever may add hosts: it says what can be reached from the engine.
 * @throws RookeryError `unavailable` `host.install.unresolvable`, `host.install.unreachable`
 */
export const fingerprint = query({
  name: 'host.fingerprint',
  input: LookAtHost,
  output: z.object({
    /** `SHA256:…`, as `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` shows it on the machine. */
    fingerprint: z.string(),
    /** `ssh-ed25519` and the like. */
    type: z.string(),
  }),
  async run(ctx, i) {
    if (i.clusterId !== undefined) await find<ClusterRow>(ctx, 'cluster', i.clusterId)
    await mustHold(ctx, 'create_host', i.clusterId === undefined ? systemRef : { kind: 'cluster', id: i.clusterId })
    const { hostKey } = ctx.env
    if (hostKey === undefined) throw unavailable('host.port', 'This engine has no way to hosts.')
    return hostKey({ address: i.address, port: i.port }, AbortSignal.timeout(patienceMs))
  },
})
