import { zeroUuid } from '@rookery/model'
import { ask, call } from '../../../core/call.ts'
import * as cdrom from '../../../compute/cdrom/operations.ts'
import { list as listCdroms } from '../../../compute/cdrom/queries.ts'
import type { CdromRow } from '../../../compute/cdrom/types.ts'
import { apiBase, booleanParameter } from '../http/address.ts'
import { incomplete } from '../http/fault.ts'
import { list, one } from '../kernel/answer.ts'
import { found, pathId } from '../kernel/read.ts'
import { type ApiRequest, get, put, type Route } from '../kernel/route.ts'
import { settled } from '../kernel/settled.ts'
import { vmOf } from '../vms/vm-routes.ts'
import { structAt, textAt, type WireObject } from '../wire/wire-object.ts'

/** The one drive of a VM; its id is the same in every VM. `current` shows what is in it now. */
export function cdromToWire(row: CdromRow, current: boolean): WireObject {
  const vmHref = `${apiBase}/vms/${row.vmId}`
  const file = current ? row.current : row.stored
  return {
    id: zeroUuid,
    href: `${vmHref}/cdroms/${zeroUuid}${current ? '?current=true' : ''}`,
    file: file === null ? undefined : { id: file },
    vm: { id: row.vmId, href: vmHref },
  }
}

const isCurrent = (request: ApiRequest) => booleanParameter(request.address, 'current') ?? false

async function drive(request: ApiRequest): Promise<CdromRow> {
  const { id } = await vmOf(request, 'vm')
  const [row] = await ask(request.env, listCdroms, { vmIds: [id] })
  return found(row, 'Cdrom', zeroUuid)
}

export const cdromRoutes: Route[] = [
  get('/vms/:vm/cdroms', async request =>
    list('Cdrom', 'cdroms', 'cdrom', [cdromToWire(await drive(request), isCurrent(request))]),
  ),
  get('/vms/:vm/cdroms/:id', async request => {
    const id = pathId(request)
    const row = await drive(request)
    return one('Cdrom', cdromToWire(found(id === zeroUuid ? row : undefined, 'Cdrom', id), isCurrent(request)))
  }),
  put('/vms/:vm/cdroms/:id', 'Cdrom', async request => {
    const id = pathId(request)
    const file = structAt(request.body, 'file')
    if (file === undefined) throw incomplete('Cdrom', ['file'], 'update')
    found(id === zeroUuid ? id : undefined, 'Cdrom', id)
    const current = isCurrent(request)
    const { jobId } = await call(request.env, cdrom.update, {
      vmId: pathId(request, 'vm'),
      file: file.id || textAt(file, 'name') || null,
      current,
    })
    await settled(request, jobId, { wait: true })
    return one('Cdrom', cdromToWire(await drive(request), current))
  }),
]
