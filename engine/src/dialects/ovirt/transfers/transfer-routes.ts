import { unsupported } from '@rookery/model'
import { ask, call } from '../../../core/call.ts'
import { list as listHosts } from '../../../inventory/host/queries.ts'
import * as transfer from '../../../storage/transfer/operations.ts'
import { list as listTransfers } from '../../../storage/transfer/queries.ts'
import type { TransferRow } from '../../../storage/transfer/types.ts'
import { apiBase } from '../http/address.ts'
import { incomplete } from '../http/fault.ts'
import { actionDone, created, linksBelow, list, one, stub } from '../kernel/answer.ts'
import { defined, found, pathId, referenced } from '../kernel/read.ts'
import { type ApiRequest, action, get, post, type Route } from '../kernel/route.ts'
import { settled } from '../kernel/settled.ts'
import { numberAt, structAt, textAt, type WireObject } from '../wire/wire-object.ts'

const actions = ['cancel', 'extend', 'finalize', 'pause', 'resume'] as const

/** A transfer as the API shows it; `origin` is where this engine proxies the same ticket. */
export function transferToWire(row: TransferRow, origin: string): WireObject {
  const href = `${apiBase}/imagetransfers/${row.id}`
  return {
    id: row.id,
    href,
    actions: linksBelow(href, actions),
    active: row.active,
    direction: row.direction,
    format: row.format,
    inactivity_timeout: row.inactivityTimeout,
    phase: row.phase,
    proxy_url: row.url === null ? undefined : `${origin}/images/${row.ticket}`,
    shallow: false,
    timeout_policy: row.timeoutPolicy,
    transfer_url: row.url,
    transferred: row.transferred,
    // The original calls the disk's id `image`; newer clients look for `disk`.
    disk: stub('disks', row.diskId),
    image: { id: row.diskId },
    host: stub('hosts', row.hostId),
  }
}

async function shown(request: ApiRequest, id: string) {
  const [row] = await ask(request.env, listTransfers, { ids: [id] })
  return transferToWire(found(row, 'ImageTransfer', id), request.origin)
}

const step = (name: (typeof actions)[number]) =>
  action(`/imagetransfers/:id/${name}`, async request => {
    const { jobId } = await call(request.env, transfer[name], { id: pathId(request) })
    // Who sees `paused_user` resumes at once. A finalize may take as long as its image: its clients watch the phase.
    if (name === 'pause' || name === 'resume') await settled(request, jobId, { wait: true })
    return actionDone(request.body, null)
  })

export const transferRoutes: Route[] = [
  get('/imagetransfers', async request => {
    const rows = await ask(request.env, listTransfers, {})
    return list(
      'ImageTransfer',
      'image_transfers',
      'image_transfer',
      rows.map(row => transferToWire(row, request.origin)),
    )
  }),
  post('/imagetransfers', 'ImageTransfer', async request => {
    const { body } = request
    if (structAt(body, 'snapshot') || structAt(body, 'backup'))
      throw unsupported(
        'transfer.snapshot',
        'Transfers of snapshots and backups are not offered in this release; name a disk.',
      )
    const diskId = structAt(body, 'disk')?.id ?? structAt(body, 'image')?.id
    if (diskId === undefined) throw incomplete('ImageTransfer', ['disk.id'], 'add')
    const { id } = await call(request.env, transfer.add, {
      diskId,
      ...defined({
        direction: textAt(body, 'direction') as TransferRow['direction'] | undefined,
        format: textAt(body, 'format') as TransferRow['format'] | undefined,
        inactivityTimeout: numberAt(body, 'inactivity_timeout'),
        timeoutPolicy: textAt(body, 'timeout_policy') as TransferRow['timeoutPolicy'] | undefined,
        hostId: await referenced(request, structAt(body, 'host'), listHosts, 'Host'),
        filename: textAt(body, 'name'),
      }),
    })
    // Clients poll the phase themselves; there is nothing else to wait for.
    return created('ImageTransfer', await shown(request, id))
  }),
  get('/imagetransfers/:id', async request => one('ImageTransfer', await shown(request, pathId(request)))),
  ...actions.map(step),
]
