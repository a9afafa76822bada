import { z } from 'zod'
import { exclusive, job, type JobTx } from '../../jobs/index.ts'
import type { InstallTarget } from '../../jobs/outside-port.ts'
import type { HostSsh } from '../host/types.ts'
import { id } from '../input.ts'
import { writeFencing } from './store.ts'
import type { FencingState } from './types.ts'

const Input = z.strictObject({ hostId: id, name: z.string() })
type Input = z.infer<typeof Input>

/**
 * Soft fencing: the agent of a host that does not answer is ended and started again over SSH, by the engine's own key and on a machine whose
 * key is pinned. Guests of the host go on. Whether it helped shows by itself; when it did not, the power is next (`fencing`).
 */
export const restartAgent = job(
  {
    name: 'host.restartAgent',
    version: 1,
    input: Input,
    locks: i => [exclusive('host_power', i.hostId)],
    describe: i => `Starting the agent of host ${i.name} again`,
    refs: i => [{ kind: 'host', id: i.hostId, name: i.name }],
  },
  async (j, i): Promise<{ restarted: boolean }> => {
    const target = await j.tx('look', async ({ sql }): Promise<InstallTarget | null> => {
      const row = await sql.maybe<{ address: string; ssh: HostSsh | null; status: string }>`
        select address, ssh, status from host where id = ${i.hostId}::uuid`
      // It may have been heard since this was asked for.
      if (row?.ssh?.fingerprint == null || row.status !== 'non_responsive') return null
      return { hostId: i.hostId, name: i.name, address: row.address, ...row.ssh }
    })
    if (target === null) return { restarted: false }
    // No undo: an agent that was started again harms nobody.
    const done = await j.attempt('restart', j =>
      j.effect('agent', (outside, signal) => outside.restartAgent(target, signal)),
    )
    await j.tx('tell', tx => tell(tx, i, done.ok ? null : done.error.message))
    return { restarted: done.ok }
  },
)

async function tell(tx: JobTx, i: Input, reason: string | null): Promise<void> {
  const host = await tx.sql.maybe<{ status: string }>`select status from host where id = ${i.hostId}::uuid for update`
  tx.event(reason === null ? 'host.agent_restarted' : 'host.agent_restart.failed', {
    refs: [{ kind: 'host', id: i.hostId, name: i.name }],
    args: { host: i.name, ...(reason === null ? {} : { reason: reason.replace(/\.$/, '') }) },
  })
  // Heard meanwhile: then there is no silence to say anything of.
  if (host?.status !== 'non_responsive') return
  const state: FencingState = {
    at: tx.now.toISOString(),
    outcome: 'agent_restarted',
    reason: null,
    message:
      reason === null
        ? 'It does not answer; its agent was started again over SSH.'
        : `It does not answer, and its agent could not be started again over SSH: ${reason}`,
    tries: 0,
  }
  await writeFencing(tx.sql, i.hostId, state)
  tx.changed('host', i.hostId)
}
