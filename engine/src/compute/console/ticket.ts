import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { conflict, forbidden, must, unavailable, vmCan } from '@rookery/model'
import type { ConsoleResult } from '@rookery/protocol'
import { z } from 'zod'
import { call, inTransaction } from '../../core/call.ts'
import type { Ctx, Env } from '../../core/ctx.ts'
import { operation } from '../../core/operation.ts'
import { find } from '../../inventory/access.ts'
import { waitForJob } from '../../jobs/index.ts'
import { VmConfig } from '../vm/config.ts'
import type { VmRow } from '../vm/types.ts'
import { openConsole } from './open.ts'
import { type ConsoleTicket, ConsoleTicketInput } from './types.ts'

const alphabet = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789'

/** A password of 8 characters, RFB's limit. */
const newPassword = (): string => Array.from(randomBytes(8), byte => alphabet[byte % alphabet.length]).join('')

/** What is kept of a ticket. */
const hashOf = (ticket: string): Buffer => createHash('sha256').update(ticket).digest()

const Taken = z.object({ id: z.string(), vmName: z.string(), value: z.string(), jobId: z.string().nullable() })

/** Takes a ticket for one visit to a console. Dialects use `consoleTicket`, which also waits for the host. */
export const ticket = operation({
  name: 'console.ticket',
  input: ConsoleTicketInput,
  output: Taken,
  permit: { action: 'connect_to_vm', on: i => ({ kind: 'vm', id: i.vmId }) },
  async run(ctx, i) {
    const vm = await find<VmRow>(ctx, 'vm', i.vmId)
    if (vm.runId === null) throw conflict('vm.not_running', 'Cannot set VM ticket. VM is not running.')
    must(vmCan.console, vm)
    const config = VmConfig.parse(vm.runConfig ?? vm.config)
    if (i.protocol === 'vnc' && config.display.consoles.length === 0)
      throw conflict('console.headless', 'Cannot set VM ticket. The VM has no graphics console.')
    if (i.protocol === 'serial' && !config.serialConsole)
      throw conflict('console.no_serial', 'Cannot set VM ticket. The VM has no serial console.')
    const id = randomUUID()
    const hostTicket = randomBytes(24).toString('base64url')
    const value = i.mode === 'listen' ? (i.password ?? newPassword()) : randomBytes(24).toString('base64url')
    const expiresAt = new Date(ctx.now.getTime() + i.expiresInSeconds * 1000)
    if (i.mode === 'stream')
      await ctx.sql`insert into console_ticket (id, ticket_hash, vm_id, run_id, session_id, user_id, protocol, expires_at)
        values (${id}, ${hashOf(value)}, ${i.vmId}, ${vm.runId},
                -- A session of Basic ends with its answer, long before the visit; its ticket stands for itself.
                (select s.id from session s where s.id = ${ctx.actor.sessionId ?? null}::uuid and s.kind <> 'basic'),
                ${ctx.actor.userId}, ${i.protocol}, ${expiresAt})`
    ctx.event('vm.console.ticket', {
      refs: [{ kind: 'vm', id: i.vmId, name: vm.name }],
      args: { vm: vm.name },
      data: { protocol: i.protocol },
    })
    if (i.mode === 'stream') return { id, vmName: vm.name, value, jobId: null }
    const { expiresInSeconds, mode, protocol } = i
    const opened = await ctx.start(openConsole, {
      vmId: i.vmId,
      vm: vm.name,
      protocol,
      mode,
      ticket: hostTicket,
      password: value,
      expiresInSeconds,
    })
    return { id, vmName: vm.name, value, ...opened }
  },
})

/** Longest that a visitor waits for the host to open a console. */
const openTimeoutMs = 20_000

/**
 * A ticket, and with `listen` the place where the host waits for the viewer.
 *
 * @throws `unavailable` when the host did not open it in time; what the job threw otherwise
 */
export async function consoleTicket(
  where: Ctx | Env,
  input: z.input<typeof ConsoleTicketInput>,
): Promise<ConsoleTicket> {
  const i = ConsoleTicketInput.parse(input)
  const taken = await call(where, ticket, i)
  const opened = taken.jobId === null ? null : await opening(where, taken.jobId)
  return {
    id: taken.id,
    vmId: i.vmId,
    vmName: taken.vmName,
    protocol: i.protocol,
    value: taken.value,
    expiresInSeconds: i.expiresInSeconds,
    address: opened?.address ?? null,
    port: opened?.port ?? null,
  }
}

async function opening(where: Ctx | Env, jobId: string): Promise<ConsoleResult & { hostId: string }> {
  const row = await waitForJob('env' in where ? where.env : where, jobId, { timeoutMs: openTimeoutMs })
  if (row.status !== 'finished')
    throw unavailable('console.not_opened', 'The host did not open the console; try again in a moment.')
  return row.result as ConsoleResult & { hostId: string }
}

/** A visit that a one-time ticket allows: whose console, on which host, by which ticket of the host's. */
export interface Visit {
  vmId: string
  hostId: string
  protocol: 'vnc' | 'serial'
  /** For `agentOf(hostId).openConsole`. */
  hostTicket: string
  /** The session that took the ticket: the visit ends with it. */
  sessionId: string | null
}

/**
 * Redeems a ticket of mode `stream`: it works once, within its time, while the session that took it lives, and only for the run that it
 * was taken for. One that a page took needs that page's token too (`page`), so a ticket that leaks is of no use elsewhere. The host
 * opens the console then; the caller connects.
 *
 * @throws `forbidden` `console.ticket_void` for a ticket that is unknown, used, or over
 */
export async function redeem(env: Env, value: string, page?: string): Promise<Visit> {
  const row = await env.db.sql.maybe<{
    vmId: string
    vmName: string
    protocol: 'vnc' | 'serial'
    sessionId: string | null
  }>`
    update console_ticket t set used_at = now() from vm v, vm_run r
     where t.ticket_hash = ${hashOf(value)} and t.used_at is null and t.expires_at > now()
       and v.id = t.vm_id and r.id = t.run_id and r.ended is null
       and (t.session_id is null or exists (
             select 1 from session s where s.id = t.session_id and s.expires_at > now()
                and (s.kind <> 'web' or s.token_hash = ${page === undefined ? null : hashOf(page)}::bytea)))
    returning t.vm_id, v.name as vm_name, t.protocol, t.session_id`
  if (row === undefined)
    throw forbidden(
      'console.ticket_void',
      'This console ticket was used already, or its time is over. Take another one.',
    )
  const hostTicket = randomBytes(24).toString('base64url')
  const { jobId } = await startOpening(env, row, hostTicket)
  const opened = await opening(env, jobId)
  return { vmId: row.vmId, hostId: opened.hostId, protocol: row.protocol, hostTicket, sessionId: row.sessionId }
}

function startOpening(env: Env, row: { vmId: string; vmName: string; protocol: 'vnc' | 'serial' }, hostTicket: string) {
  const input = {
    vmId: row.vmId,
    vm: row.vmName,
    protocol: row.protocol,
    mode: 'stream' as const,
    ticket: hostTicket,
    password: null,
    expiresInSeconds: 60,
  }
  return inTransaction(env, ctx => ctx.start(openConsole, input))
}
