import { invalid } from '@rookery/model'
import { ask } from '../../../core/call.ts'
import type { Ref } from '../../../core/kinds.ts'
import { type EventRow, eventFields, list as listEvents } from '../../../events/queries.ts'
import { jobFields, list as listJobs, stepsOf } from '../../../jobs/queries.ts'
import type { JobRow, StepRow } from '../../../jobs/store.ts'
import { apiBase, integerParameter } from '../http/address.ts'
import { list, one, stub } from '../kernel/answer.ts'
import { found, pathId, searched } from '../kernel/read.ts'
import { type ApiRequest, get, type Route } from '../kernel/route.ts'
import { stableId } from '../kernel/stable-id.ts'
import type { WireObject } from '../wire/wire-object.ts'

/** Which collection a reference of an event leads to; kinds that the event type has no element for are left out. */
const collections: Readonly<Record<string, string>> = {
  cluster: 'clusters',
  data_center: 'datacenters',
  host: 'hosts',
  storage_domain: 'storagedomains',
  template: 'templates',
  user: 'users',
  vm: 'vms',
}

function refsToWire(refs: readonly Ref[]): WireObject {
  const out: WireObject = {}
  for (const ref of refs) {
    const collection = collections[ref.kind]
    if (collection !== undefined) out[ref.kind] ??= { ...stub(collection, ref.id), name: ref.name }
  }
  return out
}

/** An event: its number is id and index (fact sheet 1.11). */
export function eventToWire(row: EventRow): WireObject {
  return {
    id: String(row.position),
    href: `${apiBase}/events/${row.position}`,
    code: row.code,
    correlation_id: row.correlationId,
    custom_id: row.customId,
    description: row.message,
    flood_rate: 0,
    index: row.position,
    origin: row.origin,
    severity: row.severity,
    time: row.at,
    ...refsToWire(row.refs),
    user: row.actorId === null ? undefined : { ...stub('users', row.actorId), name: row.actorName },
  }
}

/** oVirt's words for how a job stands. A stuck job is one that still runs: it holds its locks. */
const jobStatus = (row: JobRow): string => {
  if (row.endedAt === null) return 'started'
  return row.status === 'finished' ? 'finished' : row.status === 'cancelled' ? 'aborted' : 'failed'
}

/** A job as the API shows it. */
export function jobToWire(row: JobRow): WireObject {
  const href = `${apiBase}/jobs/${row.id}`
  return {
    id: row.id,
    href,
    link: { steps: `${href}/steps` },
    auto_cleared: true,
    description: row.description,
    external: row.external,
    start_time: row.createdAt,
    end_time: row.endedAt,
    last_updated: row.updatedAt,
    status: jobStatus(row),
    owner: stub('users', row.ownerId),
  }
}

/** A step: the record that the job itself runs by. */
export function stepToWire(row: StepRow): WireObject {
  const job = `${apiBase}/jobs/${row.jobId}`
  const id = stableId(`${row.jobId} step ${row.name}`)
  return {
    id,
    href: `${job}/steps/${id}`,
    description: row.name,
    external: false,
    number: row.position,
    progress: row.progress === null ? undefined : Math.round(row.progress),
    start_time: row.startedAt,
    end_time: row.endedAt,
    status: row.status === 'running' ? 'started' : row.status,
    type: 'executing',
    job: { id: row.jobId, href: job },
    execution_host: stub('hosts', row.hostId),
  }
}

async function jobOf(request: ApiRequest, name = 'id'): Promise<JobRow> {
  const id = pathId(request, name)
  return found((await ask(request.env, listJobs, { ids: [id] }))[0], 'Job', id)
}

export const historyRoutes: Route[] = [
  get('/events', async request => {
    const from = integerParameter(request.address, 'from')
    const rows = await searched(request, listEvents, eventFields, from === undefined ? {} : { from })
    return list('Event', 'events', 'event', rows.map(eventToWire))
  }),
  get('/events/:id', async request => {
    const text = request.params['id'] ?? ''
    if (!/^\d{1,15}$/.test(text))
      throw invalid('wire.malformed_id', `An event's id is its number; ${text.slice(0, 80)} is none.`)
    const [row] = await ask(request.env, listEvents, { positions: [Number(text)] })
    return one('Event', eventToWire(found(row, 'Event', text)))
  }),
  get('/jobs', async request =>
    list('Job', 'jobs', 'job', (await searched(request, listJobs, jobFields)).map(jobToWire)),
  ),
  get('/jobs/:id', async request => one('Job', jobToWire(await jobOf(request)))),
  get('/jobs/:job/steps', async request => {
    const { id } = await jobOf(request, 'job')
    return list('Step', 'steps', 'step', (await ask(request.env, stepsOf, { jobId: id })).map(stepToWire))
  }),
  get('/jobs/:job/steps/:id', async request => {
    const { id } = await jobOf(request, 'job')
    const wanted = pathId(request)
    const rows = await ask(request.env, stepsOf, { jobId: id })
    return one(
      'Step',
      found(
        rows.map(stepToWire).find(step => step.id === wanted),
        'Step',
        wanted,
      ),
    )
  }),
]
