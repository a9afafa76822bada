import type { IncomingMessage, ServerResponse } from 'node:http'
import { invalid, isUuid, notFound, unavailable } from '@rookery/model'
import { type HostFacts, type HostInventory, TaskRequest, taskKinds, uuid } from '@rookery/protocol'
import { z } from 'zod'
import type { StoragePort } from '../storage-port.ts'
import type { TaskService } from '../tasks/service.ts'
import type { WatchHub } from '../watch/hub.ts'
import { streamWatch } from '../watch/stream.ts'
import { answer, readJson } from './answer.ts'

/** What the routes speak for. */
export interface RouteParts {
  readonly facts: () => Promise<HostFacts>
  readonly inventory: (storageDomainIds: ReadonlySet<string>) => Promise<HostInventory>
  readonly tasks: TaskService
  readonly hub: WatchHub
  readonly storage: Pick<StoragePort, 'imagesListener'>
}

const Acknowledge = z.strictObject({ ids: z.array(uuid).max(10_000) })
const listingPatienceMs = 8000

/** Answers one request of the contract (protocol/src/index.ts); throws what the caller turns into an error answer. */
export async function route(parts: RouteParts, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const url = new URL(req.url ?? '/', 'https://host')
  const [version, resource, id, ...rest] = url.pathname.split('/').slice(1)
  const call = `${req.method} ${resource}`
  if (version !== 'v1') throw noRoute(url.pathname)
  if (resource === 'images') return parts.storage.imagesListener(req, res)
  if (rest.length > 0) throw noRoute(url.pathname)

  if (call === 'GET host' && id === undefined) return answer(res, 200, await parts.facts())
  if (call === 'GET inventory' && id === undefined)
    return answer(res, 200, await parts.inventory(volumesOf(url.searchParams)))
  if (call === 'GET watch' && id === undefined) {
    if (!(await parts.hub.whenReady(listingPatienceMs)))
      throw unavailable('host.starting', 'The host does not know yet what runs on it: libvirt has not answered.')
    return streamWatch(parts.hub, res)
  }
  if (call === 'POST tasks' && id === 'acknowledge') {
    parts.tasks.acknowledge(parse(Acknowledge, await readJson(req)).ids)
    res.writeHead(204).end()
    return
  }
  if (resource === 'tasks' && id !== undefined) return await taskRoute(parts.tasks, id, url.searchParams, req, res)
  throw noRoute(url.pathname)
}

/** The storage domains whose volumes are asked for. */
const volumesOf = (query: URLSearchParams): ReadonlySet<string> =>
  new Set(parse(z.array(uuid).max(1000), (query.get('volumes') ?? '').split(',').filter(Boolean)))

async function taskRoute(
  tasks: TaskService,
  rawId: string,
  query: URLSearchParams,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  if (!isUuid(rawId)) throw invalid('task.id', 'A task id is a UUID.')
  const id = rawId.toLowerCase()
  switch (req.method) {
    case 'PUT':
      return answer(res, 200, tasks.put(id, parseTask(await readJson(req))))
    case 'GET': {
      const wait = Number(query.get('wait') ?? '0')
      if (!(wait >= 0 && wait <= 300)) throw invalid('task.wait', 'wait is a number of seconds between 0 and 300.')
      const gone = new AbortController()
      res.once('close', () => gone.abort())
      const state = await tasks.get(id, wait * 1000, gone.signal)
      if (state === null) throw notFound('task.unknown', `This host has not seen task ${id}.`)
      return answer(res, 200, state)
    }
    case 'DELETE':
      return answer(res, 200, await tasks.cancel(id))
    default:
      throw invalid('request.method', `${req.method} is not a thing to do with a task.`)
  }
}

/** A request body; an unknown kind has a code of its own, so that the engine can tell it from a wrong field. */
function parseTask(body: unknown): TaskRequest {
  const kind = z.object({ task: z.object({ kind: z.string() }) }).safeParse(body)
  if (kind.success && !taskKinds.some(k => k === kind.data.task.kind))
    throw invalid('task.kind', `This host does not know the task kind ${kind.data.task.kind.slice(0, 64)}.`)
  return parse(TaskRequest, body)
}

function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body)
  if (parsed.success) return parsed.data
  // Paths and messages only: the values may be secrets.
  const issues = parsed.error.issues.slice(0, 10).map(i => ({ path: i.path.join('.'), message: i.message }))
  const first = issues[0]
  throw invalid('request.invalid', `The request is wrong at ${first?.path || 'its top'}: ${first?.message}.`, {
    detail: { issues },
  })
}

const noRoute = (path: string) => notFound('request.path', `There is nothing at ${path.slice(0, 200)}.`)
