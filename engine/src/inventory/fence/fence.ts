import { conflict } from '@rookery/model'
import type { PowerState } from '@rookery/protocol'
import { z } from 'zod'
import { json } from '../../db/index.ts'
import { exclusive, type Job, job, type JobTx } from '../../jobs/index.ts'
import { followReports } from '../../storage/domain/store.ts'
import { leaveSpm } from '../../storage/spm/store.ts'
import { serveStorage } from '../host/activate.ts'
import { getHost, moveHost } from '../host/store.ts'
import type { HostRow } from '../host/types.ts'
import { id } from '../input.ts'
import { declareDead } from './declare.ts'
import { refusalOf } from './policy.ts'
import { agentsOf, type Proxy, proxiesOf, situationOf, writeFencing } from './store.ts'
import { switchPower, type Target } from './switch.ts'
import { FenceHow, type FencingState } from './types.ts'

/** Most times that a device is asked whether the power is off by now, and milliseconds between them. */
const mostLooks = 12
const betweenLooksMs = 5000

const Input = z.strictObject({
  hostId: id,
  name: z.string(),
  how: FenceHow,
  /** The engine itself asked for it, since the host does not answer. */
  automatic: z.boolean(),
})
/** What the job is started with. */
export type FenceInput = z.infer<typeof Input>
type Input = FenceInput

/**
 * Switches the power of a host through another host. For a restart the power is cut, and only when the device itself says that it is off
 * do the runs of the host count as ended: what people saw of them before may still have written until then. After that its storage role
 * moves, and the power is given again. `confirm` is a person's word in place of the device's.
 */
export const fenceHost = job(
  {
    name: 'host.fence',
    version: 1,
    input: Input,
    // Its power alone: jobs that wait for a host that died, its activation or maintenance, must not keep it from being fenced.
    locks: i =>
      i.how === 'stop' || i.how === 'start'
        ? [exclusive('host', i.hostId), exclusive('host_power', i.hostId)]
        : [exclusive('host_power', i.hostId)],
    describe: i => `${verbs[i.how]} host ${i.name}`,
    refs: i => [{ kind: 'host', id: i.hostId, name: i.name }],
  },
  async (j, i): Promise<{ power: PowerState['power'] } | { skipped: string }> => {
    if (i.how === 'confirm') {
      // A person's word is believed unless the host is seen to renew its lease on storage.
      await declareDead(j, 'declare', { hostId: i.hostId, cause: 'confirmed' })
      await j.tx('end', tx => endRuns(tx, i))
      return { power: 'unknown' }
    }
    const look = await j.tx(
      'look',
      tx => lookAt(tx, i),
      async (tx, was) => {
        if ('skipped' in was) return
        await moveHost(tx.sql, i.hostId, was.status, { from: ['reboot'] })
        tx.changed('host', i.hostId)
      },
    )
    if ('skipped' in look) return look
    // No undo below: a host that lost its power has lost its guests, and a fence that failed is tried again.
    const outcome = await attempt(j, i, look.target)
    if (outcome.ok) return { power: outcome.power }
    await j.tx('tell', tx => tellFailure(tx, i, outcome.reason))
    throw conflict('host.fence_failed', `Cannot fence Host ${i.name}. ${outcome.reason}`)
  },
)

const verbs = {
  restart: 'Restarting',
  stop: 'Switching off',
  start: 'Switching on',
  status: 'Asking for the power of',
  confirm: 'Confirming the reboot of',
} as const

type Looked = { skipped: string } | { target: Target; status: HostRow['status'] }

async function lookAt(tx: JobTx, i: Input): Promise<Looked> {
  const { sql } = tx
  const host = await getHost(sql, i.hostId)
  if (host === undefined) throw conflict('host.gone', 'The host was removed meanwhile.')
  if (i.automatic) {
    // It may have been heard since this was asked for, or others may have fallen silent too.
    if (host.status !== 'non_responsive') return { skipped: `it is ${host.status}` }
    const refusal = refusalOf(await situationOf(sql, i.hostId))
    if (refusal !== undefined) return { skipped: refusal.message }
  }
  const agents = await agentsOf(sql, i.hostId)
  const proxies: Proxy[] = await proxiesOf(sql, i.hostId)
  if (i.how === 'restart')
    await moveHost(sql, i.hostId, 'reboot', { from: ['up', 'initializing', 'non_operational', 'error'] })
  tx.changed('host', i.hostId)
  return {
    status: host.status,
    target: {
      proxies,
      agents: agents.map(a => ({
        position: a.position,
        concurrent: a.concurrent,
        device: {
          type: a.type,
          address: a.address,
          port: a.port,
          username: a.username,
          // Sealed; the port to hosts opens it when the task leaves.
          password: a.password,
          secure: a.encryptOptions,
          options: a.options,
        },
      })),
    },
  }
}

type Outcome = { ok: true; power: PowerState['power'] } | { ok: false; reason: string }

async function attempt(j: Job, i: Input, target: Target): Promise<Outcome> {
  if (i.how === 'status') {
    const answer = await switchPower(j, 'status', 'status', target)
    if (answer.ok) await j.tx('tell status', tx => tell(tx, i, 'host.fence_status', { status: answer.power }))
    return answer
  }
  if (i.how === 'start') {
    const answer = await switchPower(j, 'on', 'on', target)
    if (!answer.ok || answer.power !== 'on') return answer.ok ? unclear(answer.power) : answer
    await j.tx('tell on', tx => tell(tx, i, 'host.powered_on'))
    return answer
  }
  const off = await untilOff(j, target)
  if (!off.ok) return off
  // So is a device's: one that switched another machine off is found out here.
  const declared = await j.attempt('declare', j => declareDead(j, 'storage', { hostId: i.hostId, cause: 'fenced' }))
  if (!declared.ok) return { ok: false, reason: declared.error.message }
  // It is dark: whatever comes now, this is written down.
  await j.pointOfNoReturn()
  await j.tx('end', tx => endRuns(tx, i))
  if (i.how === 'stop') return off
  const on = await switchPower(j, 'on', 'on', target)
  // It is dead, and its VMs come back elsewhere: that it stays dark is for a person to look at.
  if (!on.ok || on.power !== 'on') {
    const reason = on.ok ? unclear(on.power).reason : on.reason
    await j.tx('tell on', tx => tell(tx, i, 'host.power_on.failed', { reason: plain(reason) }))
  }
  return off
}

const unclear = (power: PowerState['power']): { ok: false; reason: string } => ({
  ok: false,
  reason: `The device says that the power is ${power}.`,
})

/** Cuts the power, and asks until the device says that it is off. */
async function untilOff(j: Job, target: Target): Promise<Outcome> {
  let answer = await switchPower(j, 'off', 'off', target)
  for (let look = 1; (!answer.ok || answer.power !== 'off') && look < mostLooks; look++) {
    if (!answer.ok && look >= 3) return answer
    await j.sleepUntil(`wait ${look}`, async tx => new Date(tx.now.getTime() + betweenLooksMs))
    answer = await switchPower(j, `off (${look + 1})`, 'off', target)
  }
  return answer.ok && answer.power !== 'off' ? unclear(answer.power) : answer
}

/** Everything that hangs on the word that a host is dead, at once: its runs have ended, its storage role goes. */
async function endRuns(tx: JobTx, i: Input): Promise<void> {
  const { sql } = tx
  const host = await getHost(sql, i.hostId)
  if (host === undefined) return
  const confirmed = i.how === 'confirm'
  const reason = confirmed ? 'its host was confirmed to be rebooted' : 'its host was fenced'
  // `vm.settle` and `vm.settle_migration` take it from here; the reconciler `runs` starts them.
  const ended = await sql<{ vmId: string }>`
    update vm_run set ended = ${json({ end: 'fenced', detail: reason, at: tx.now.toISOString() })}, status = 'powering_down'
     where host_id = ${i.hostId}::uuid and ended is null and not incoming returning vm_id`
  for (const { vmId } of ended) tx.changed('vm', vmId)
  const state: FencingState = {
    at: tx.now.toISOString(),
    outcome: confirmed ? 'confirmed' : 'fenced',
    reason: null,
    message: confirmed ? 'A person confirmed that it was rebooted.' : 'Its power was cut, and it is started again.',
    tries: 0,
  }
  await sql`update host set fenced_at = now() where id = ${i.hostId}::uuid`
  if (i.how === 'restart')
    await moveHost(sql, i.hostId, 'reboot', {
      from: ['up', 'initializing', 'non_operational', 'error', 'connecting', 'non_responsive', 'down'],
    })
  // It is off because somebody wants it so: its silence is no failure.
  if (i.how === 'stop') await moveHost(sql, i.hostId, 'down')
  if (i.how !== 'stop') await writeFencing(sql, i.hostId, state)
  const served = await leaveSpm(sql, i.hostId)
  tx.changed('host', i.hostId)
  if (host.dataCenterId !== null) {
    if (served > 0) {
      tx.changed('data_center', host.dataCenterId)
      await serveStorage(tx, host.dataCenterId)
    }
    for (const domain of await followReports(sql, host.dataCenterId)) tx.changed('storage_domain', domain)
  }
  if (confirmed) return tell(tx, i, 'host.confirmed_rebooted')
  if (i.how === 'stop') return tell(tx, i, 'host.powered_off')
  return tell(tx, i, i.automatic ? 'host.fenced' : 'host.restarted')
}

async function tell(
  tx: JobTx,
  i: Input,
  event: Parameters<JobTx['event']>[0],
  args: Record<string, string> = {},
): Promise<void> {
  tx.changed('host', i.hostId)
  tx.event(event, { refs: [{ kind: 'host', id: i.hostId, name: i.name }], args: { host: i.name, ...args } })
}

const plain = (reason: string): string => reason.replace(/\.$/, '')

async function tellFailure(tx: JobTx, i: Input, reason: string): Promise<void> {
  const event = i.automatic
    ? 'host.fence.failed'
    : i.how === 'status'
      ? 'host.fence_status.failed'
      : i.how === 'start'
        ? 'host.power_on.failed'
        : i.how === 'stop'
          ? 'host.power_off.failed'
          : 'host.restart.failed'
  if (i.automatic) {
    const before = (await getHost(tx.sql, i.hostId))?.fencing
    const tries = (before?.outcome === 'failed' ? before.tries : 0) + 1
    await writeFencing(tx.sql, i.hostId, {
      at: tx.now.toISOString(),
      outcome: 'failed',
      reason: 'failed',
      message: `It could not be fenced: ${reason}`,
      tries,
    })
  }
  await tell(tx, i, event, { reason: plain(reason) })
}
