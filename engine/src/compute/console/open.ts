import type { ConsoleResult } from '@rookery/protocol'
import { z } from 'zod'
import { json } from '../../db/index.ts'
import { id } from '../../inventory/input.ts'
import { job, type JobTx, shared } from '../../jobs/index.ts'
import { failure } from '../../storage/spm/on-spm.ts'
import { mustRun } from '../vm/stop.ts'
import { runOf } from '../vm/store.ts'
import type { Viewer } from './types.ts'

/**
 * Opens one console on the VM's host for one visitor. Ticket and password are in this job's input until the host has answered; then
 * they are wiped from it, also when it refused. No undo: what was opened closes by itself when its time is over.
 */
export const openConsole = job(
  {
    name: 'vm.console',
    version: 1,
    input: z.strictObject({
      vmId: id,
      vm: z.string(),
      protocol: z.enum(['vnc', 'serial']),
      mode: z.enum(['stream', 'listen']),
      ticket: z.string(),
      password: z.string().max(8).nullable(),
      expiresInSeconds: z.int(),
    }),
    // Visitors do not wait for one another, nor for a shutdown that takes its time.
    locks: i => [shared('console', i.vmId)],
    describe: i => `Opening a console of VM ${i.vm}`,
    refs: i => [{ kind: 'vm', id: i.vmId, name: i.vm }],
  },
  async (j, i): Promise<ConsoleResult & { hostId: string }> => {
    const done = await j.attempt('open', async j => {
      // The undo stands for the failures that come after the wiping has begun.
      const run = await j.tx(
        'look',
        async ({ sql }) => {
          const found = mustRun(await runOf(sql, i.vmId), i.vm)
          const host = await sql.one<{ address: string }>`select address from host where id = ${found.hostId}::uuid`
          return { ...found, address: host.address }
        },
        wipe,
      )
      const opened = await j.host<ConsoleResult>('open', run.hostId, {
        kind: 'vm.console',
        vmId: i.vmId,
        runId: run.id,
        protocol: i.protocol,
        ticket: i.ticket,
        mode: i.mode,
        password: i.mode === 'listen' ? i.password : null,
        expiresInSeconds: i.expiresInSeconds,
        address: i.mode === 'listen' ? run.address : null,
      })
      return { address: opened.address, port: opened.port, hostId: run.hostId }
    })
    await j.tx('wipe', async tx => {
      await wipe(tx)
      if (done.ok) await remember(tx, i, done.value)
    })
    if (!done.ok) throw failure(done.error)
    return done.value
  },
)

/** Takes ticket and password out of the job's input: they are of no use once the host was asked, however it answered. */
async function wipe(tx: JobTx): Promise<void> {
  await tx.sql`update job set input = input || '{"ticket": "", "password": null}'::jsonb where id = ${tx.jobId}::uuid`
}

/** Clients read where the viewer shall connect from the VM and its console (fact sheet 1.11, 7 d). */
async function remember(tx: JobTx, i: { vmId: string; expiresInSeconds: number }, at: ConsoleResult): Promise<void> {
  if (at.address === null || at.port === null) return
  const expiresAt = new Date(tx.now.getTime() + i.expiresInSeconds * 1000)
  const viewer: Viewer & { expiresAt: Date } = { address: at.address, port: at.port, expiresAt }
  await tx.sql`update vm_run set viewer = ${json(viewer)}::jsonb where vm_id = ${i.vmId}::uuid and not incoming`
  tx.changed('vm', i.vmId)
}
