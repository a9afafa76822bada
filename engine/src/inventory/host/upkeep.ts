import { hostCan, must } from '@rookery/model'
import { z } from 'zod'
import { operation } from '../../core/operation.ts'
import { find } from '../access.ts'
import { enrollHostCertificate } from './certificate.ts'
import { type HostRow, OneHost } from './types.ts'
import { checkHostUpgrade, noSsh, upgradeHost } from './upgrade.ts'

const Started = z.object({ id: z.string(), jobId: z.string() })
const permit = {
  action: 'edit_host_configuration' as const,
  on: (i: { id: string }) => ({ kind: 'host' as const, id: i.id }),
}

/** Looks whether a host has the agent of this engine; `updateAvailable` of the host says what was found. */
export const upgradeCheck = operation({
  name: 'host.upgradeCheck',
  input: OneHost,
  output: Started,
  permit,
  async run(ctx, i) {
    const row = await find<HostRow>(ctx, 'host', i.id)
    must(hostCan.upgradeCheck, row)
    return { id: i.id, ...(await ctx.start(checkHostUpgrade, { hostId: i.id, name: row.name })) }
  },
})

/** Brings a host the agent of this engine. Its guests run on. */
export const upgrade = operation({
  name: 'host.upgrade',
  input: OneHost,
  output: Started,
  permit,
  async run(ctx, i) {
    const row = await find<HostRow>(ctx, 'host', i.id)
    must(hostCan.upgrade, row)
    if (row.ssh === null) throw noSsh('upgrade', row.name)
    return { id: i.id, ...(await ctx.start(upgradeHost, { hostId: i.id, name: row.name })) }
  },
})

/** Gives a host a new certificate for a new key. */
export const enrollCertificate = operation({
  name: 'host.enrollCertificate',
  input: OneHost,
  output: Started,
  permit,
  async run(ctx, i) {
    const row = await find<HostRow>(ctx, 'host', i.id)
    must(hostCan.enrollCertificate, row)
    return { id: i.id, ...(await ctx.start(enrollHostCertificate, { hostId: i.id, name: row.name })) }
  },
})
