import { conflict } from '@rookery/model'
import { z } from 'zod'
import type { Sql } from '../../db/index.ts'
import { exclusive, job, shared } from '../../jobs/index.ts'
import type { InstallTarget } from '../../jobs/outside-port.ts'
import { failure } from '../../storage/spm/on-spm.ts'
import { version } from '../../version.ts'
import { id } from '../input.ts'
import type { HostSsh } from './types.ts'

const input = z.strictObject({ hostId: id, name: z.string() })
type Input = z.infer<typeof input>
const refsOf = (i: Input) => [{ kind: 'host' as const, id: i.hostId, name: i.name }]

/** How a host is signed in to, and the version that its agent says; without `target` the engine cannot sign in. */
async function reach(sql: Sql, i: Input): Promise<{ target: InstallTarget | null; agentVersion: string | null }> {
  const row = await sql.maybe<{ address: string; ssh: HostSsh | null; agentVersion: string | null }>`
    select address, ssh, facts ->> 'agentVersion' as agent_version from host where id = ${i.hostId}::uuid`
  if (row === undefined) throw conflict('host.gone', 'The host was removed meanwhile.')
  const { address, ssh, agentVersion } = row
  return { target: ssh === null ? null : { hostId: i.hostId, name: i.name, address, ...ssh }, agentVersion }
}

/** Looks whether a host has the agent that this engine would send it. Of a host that it cannot sign in to it compares the versions. */
export const checkHostUpgrade = job(
  {
    name: 'host.upgradeCheck',
    version: 1,
    input,
    locks: i => [shared('host', i.hostId)],
    describe: i => `Looking for an upgrade of host ${i.name}`,
    refs: refsOf,
  },
  async (j, i) => {
    const refs = refsOf(i)
    const done = await j.attempt('check', async j => {
      const { target, agentVersion } = await j.tx('begin', async tx => {
        tx.event('host.update_check.started', { refs, args: { host: i.name } })
        return reach(tx.sql, i)
      })
      const same =
        target === null
          ? agentVersion === version
          : await j.effect('compare', (outside, signal) => outside.hasAgent(target, signal))
      await j.tx('known', async tx => {
        await tx.sql`update host set update_available = ${!same} where id = ${i.hostId}::uuid`
        tx.changed('host', i.hostId)
        const result = same ? 'no updates available' : `updates available: agent ${version}`
        tx.event('host.update_check.done', { refs, args: { host: i.name, result } })
      })
      return { available: !same }
    })
    if (done.ok) return done.value
    await j.tx('failed', async tx =>
      tx.event('host.update_check.failed', { refs, args: { host: i.name, reason: done.error.message } }),
    )
    throw failure(done.error)
  },
)

/**
 * Brings a host the agent of this engine and starts it again. Guests run on meanwhile: they are not the agent's children, and the engine
 * takes the host up again when the new agent answers.
 */
export const upgradeHost = job(
  {
    name: 'host.upgrade',
    version: 1,
    input,
    locks: i => [exclusive('host', i.hostId)],
    describe: i => `Upgrading host ${i.name}`,
    refs: refsOf,
  },
  async (j, i) => {
    const refs = refsOf(i)
    const done = await j.attempt('upgrade', async j => {
      const target = await j.tx('begin', async tx => {
        const { target } = await reach(tx.sql, i)
        if (target === null) throw noSsh('upgrade', i.name)
        tx.event('host.upgrade.started', { refs, args: { host: i.name } })
        return target
      })
      await j.effect('send agent', (outside, signal) => outside.sendAgent(target, signal))
      await j.effect('start agent', (outside, signal) => outside.startAgent(target, signal))
      await j.tx('upgraded', async tx => {
        await tx.sql`update host set update_available = false where id = ${i.hostId}::uuid`
        tx.changed('host', i.hostId)
        tx.event('host.upgrade.done', { refs, args: { host: i.name } })
      })
    })
    if (done.ok) return
    await j.tx('failed', async tx =>
      tx.event('host.upgrade.failed', { refs, args: { host: i.name, reason: done.error.message } }),
    )
    throw failure(done.error)
  },
)

/** The refusal for a host that joined by its own word: the engine cannot sign in to it. */
export const noSsh = (verb: string, name: string) =>
  conflict(
    'host.no_ssh',
    `Cannot ${verb} Host ${name}. It joined by itself and the engine cannot sign in to it: install it by the engine once, or upgrade it there.`,
  )
