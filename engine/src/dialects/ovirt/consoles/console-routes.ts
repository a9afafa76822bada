import { conflict } from '@rookery/model'
import { ask } from '../../../core/call.ts'
import { list as listConsoles } from '../../../compute/console/queries.ts'
import { consoleTicket } from '../../../compute/console/ticket.ts'
import type { ConsoleRow, ConsoleTicket } from '../../../compute/console/types.ts'
import { apiBase, booleanParameter } from '../http/address.ts'
import { type Answer, actionDone, linksBelow, list, one } from '../kernel/answer.ts'
import { found, pathId } from '../kernel/read.ts'
import { type ApiRequest, action, get, type Route } from '../kernel/route.ts'
import { vmOf } from '../vms/vm-routes.ts'
import { numberAt, textAt, type WireObject } from '../wire/wire-object.ts'
import { vvFile } from './vv-file.ts'

/** Seconds that a ticket is valid: asked for by itself, and inside a console file (fact sheet 2.4). */
const ticketSeconds = 7200
const fileSeconds = 120

/** A graphics console; its address only with `current` and a run. */
export function consoleToWire(row: ConsoleRow, current: boolean): WireObject {
  const vmHref = `${apiBase}/vms/${row.vmId}`
  const href = `${vmHref}/graphicsconsoles/${row.id}`
  return {
    id: row.id,
    href,
    actions: linksBelow(href, ['ticket', 'proxyticket', 'remoteviewerconnectionfile']),
    protocol: row.protocol,
    address: current ? row.address : undefined,
    port: current ? row.port : undefined,
    vm: { id: row.vmId, href: vmHref },
  }
}

const isCurrent = (request: ApiRequest) => booleanParameter(request.address, 'current') ?? false

async function consoleOf(request: ApiRequest): Promise<ConsoleRow> {
  const { id: vmId } = await vmOf(request, 'vm')
  const id = request.params['id'] ?? ''
  const rows = await ask(request.env, listConsoles, { vmIds: [vmId] })
  return found(
    rows.find(row => row.id === id),
    'GraphicsConsole',
    id,
  )
}

/** A ticket for a native viewer: a listener at the host that takes one connection with this password. */
function openForViewer(request: ApiRequest, vmId: string, seconds: number, password?: string): Promise<ConsoleTicket> {
  return consoleTicket(request.env, {
    vmId,
    protocol: 'vnc',
    mode: 'listen',
    expiresInSeconds: seconds,
    ...(password === undefined ? {} : { password: password.slice(0, 8) }),
  })
}

async function ticketAction(request: ApiRequest, vmId: string): Promise<Answer> {
  const wanted = textAt(request.body, 'ticket', 'value') || undefined
  const seconds = numberAt(request.body, 'ticket', 'expiry') ?? ticketSeconds
  const ticket = await openForViewer(request, vmId, seconds, wanted)
  return actionDone(request.body, null, { ticket: { value: ticket.value, expiry: ticket.expiresInSeconds } })
}

async function file(request: ApiRequest, vmId: string): Promise<string> {
  const ticket = await openForViewer(request, vmId, fileSeconds)
  if (ticket.port === null) throw conflict('console.not_running', 'The VM has no console running; start it first.')
  const bearer = /^Bearer\s+(\S+)$/i.exec(request.headers['authorization'] ?? '')?.[1]
  return vvFile(ticket, {
    address: new URL(request.origin).host,
    caPem: request.services.caPem,
    vmId,
    token: bearer,
    admin: request.env.actor.admin,
  })
}

export const consoleRoutes: Route[] = [
  get('/vms/:vm/graphicsconsoles', async request => {
    const { id } = await vmOf(request, 'vm')
    const rows = await ask(request.env, listConsoles, { vmIds: [id] })
    return list(
      'GraphicsConsole',
      'graphics_consoles',
      'graphics_console',
      rows.map(row => consoleToWire(row, isCurrent(request))),
    )
  }),
  get('/vms/:vm/graphicsconsoles/:id', async request => {
    const row = await consoleOf(request)
    if ((request.headers['accept'] ?? '').includes('application/x-virt-viewer'))
      return { kind: 'raw', status: 200, contentType: 'application/x-virt-viewer', body: await file(request, row.vmId) }
    return one('GraphicsConsole', consoleToWire(row, isCurrent(request)))
  }),
  action('/vms/:vm/graphicsconsoles/:id/ticket', async request =>
    ticketAction(request, (await consoleOf(request)).vmId),
  ),
  action('/vms/:vm/graphicsconsoles/:id/proxyticket', async request => {
    const { vmId } = await consoleOf(request)
    const ticket = await consoleTicket(request.env, {
      vmId,
      protocol: 'vnc',
      mode: 'stream',
      expiresInSeconds: fileSeconds,
    })
    return actionDone(request.body, null, { proxy_ticket: { value: ticket.value } })
  }),
  action('/vms/:vm/graphicsconsoles/:id/remoteviewerconnectionfile', async request =>
    actionDone(request.body, null, {
      remote_viewer_connection_file: await file(request, (await consoleOf(request)).vmId),
    }),
  ),
  action('/vms/:vm/ticket', async request => ticketAction(request, pathId(request, 'vm'))),
]
