import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { forbidden, invalid, isUuid, notFound } from '@rookery/model'
import { TaskRequest, uuid } from '@rookery/protocol'
import { z } from 'zod'
import type { SimHost } from '../host.ts'
import { serveImage } from '../images/serve.ts'
import { takeInventory } from '../inventory.ts'
import { serveWatch } from '../watch.ts'
import { errorAnswer, readJson, sendJson } from './reply.ts'

const Acknowledge = z.strictObject({ ids: z.array(uuid).max(10_000) })
const longestWaitMs = 60_000

interface Answer {
  status: number
  body: unknown
}

/**
 * One request of the contract to one host, through its faults.
 *
 * @param path what follows `/v1`
 */
export async function serveContract(
  host: SimHost,
  path: string,
  query: URLSearchParams,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  if (!enter(host, req.socket, res)) return
  const slow = host.faults.take('slow')
  if (slow !== undefined) await new Promise<void>(go => void host.fleet.clock.after(slow.ms, go))
  if (host.dead || res.destroyed) return void res.destroy()
  if (path === '/watch' && req.method === 'GET') return serveWatch(host, res)
  if (path.startsWith('/images/')) {
    const [, , ticket = '', ...rest] = path.split('/')
    return serveImage(host.images.find(ticket), rest.map(part => `/${part}`).join(''), query, req, res)
  }
  let kind: string | undefined
  let answer: Answer
  try {
    if (req.method === 'PUT' || req.method === 'POST') {
      const body = await readJson(req)
      kind = kindOf(body)
      answer = change(host, req.method, path, body)
    } else answer = await look(host, req.method ?? 'GET', path, query, res)
  } catch (error) {
    answer = errorAnswer(error)
  }
  if (res.destroyed || host.dead || host.faults.take('drop-reply', kind) !== undefined) return void res.destroy()
  if (answer.status === 204) res.writeHead(204).end()
  else sendJson(res, answer.status, answer.body)
}

/** An upgrade of the contract to one host: a console. */
export function serveConsole(host: SimHost, path: string, req: IncomingMessage, socket: Duplex): void {
  if (!enter(host, socket, undefined)) return
  const ticket = /^\/console\/([^/]+)$/.exec(path)?.[1]
  const speak =
    ticket === undefined || req.headers.upgrade !== 'rookery-console'
      ? undefined
      : host.consoles.take(decodeURIComponent(ticket))
  if (speak === undefined) {
    const { status, body } = errorAnswer(
      forbidden('console.ticket', 'This console ticket is unknown, used or expired.'),
    )
    const text = JSON.stringify(body)
    socket.end(
      `HTTP/1.1 ${status} Forbidden\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\nconnection: close\r\n\r\n${text}`,
    )
    return
  }
  socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: rookery-console\r\n\r\n')
  speak(socket)
}

/** Whether the host hears a request at all; keeps its connection until it is answered. */
function enter(host: SimHost, socket: Duplex, res: ServerResponse | undefined): boolean {
  if (host.dead || host.faults.take('refuse') !== undefined) {
    socket.destroy()
    return false
  }
  host.sockets.add(socket)
  const leave = () => host.sockets.delete(socket)
  if (res === undefined) socket.once('close', leave)
  else res.once('close', leave)
  return host.faults.take('silent') === undefined
}

function change(host: SimHost, method: string, path: string, body: unknown): Answer {
  if (method === 'POST' && path === '/tasks/acknowledge') {
    const parsed = Acknowledge.safeParse(body)
    if (!parsed.success) throw refuse(parsed.error)
    host.tasks.acknowledge(parsed.data.ids)
    return { status: 204, body: null }
  }
  const id = taskId(path)
  if (method !== 'PUT' || id === undefined) throw noCall(method, path)
  const parsed = TaskRequest.safeParse(body)
  if (!parsed.success) throw refuse(parsed.error)
  return { status: 200, body: host.tasks.put(id, parsed.data) }
}

async function look(
  host: SimHost,
  method: string,
  path: string,
  query: URLSearchParams,
  res: ServerResponse,
): Promise<Answer> {
  if (method === 'GET' && path === '/host') return { status: 200, body: host.facts() }
  if (method === 'GET' && path === '/inventory') {
    const volumes = z
      .array(uuid)
      .max(1000)
      .safeParse((query.get('volumes') ?? '').split(',').filter(Boolean))
    if (!volumes.success) throw refuse(volumes.error)
    return { status: 200, body: takeInventory(host, new Set(volumes.data)) }
  }
  const id = taskId(path)
  if (id === undefined) throw noCall(method, path)
  if (method === 'DELETE') return { status: 200, body: host.tasks.cancel(id) }
  if (method !== 'GET') throw noCall(method, path)
  const seconds = Number(query.get('wait') ?? 0)
  if (!Number.isFinite(seconds) || seconds < 0) throw invalid('task.wait', 'wait is a number of seconds.')
  const state = host.tasks.get(id)
  if (state.state === 'running' && seconds > 0) await ended(host, id, Math.min(longestWaitMs, seconds * 1000), res)
  return { status: 200, body: host.tasks.get(id) }
}

/** Waits for the end of a task. The time is the wire's, not the pretended one: the engine's own clock limits it. */
function ended(host: SimHost, id: string, ms: number, res: ServerResponse): Promise<void> {
  return new Promise(resolve => {
    const done = () => {
      clearTimeout(timer)
      stop()
      res.off('close', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    res.once('close', done)
    let stop = () => {}
    stop = host.tasks.onEnd(id, done)
  })
}

function taskId(path: string): string | undefined {
  const id = /^\/tasks\/([^/]+)$/.exec(path)?.[1]
  if (id === undefined) return undefined
  if (!isUuid(id)) throw invalid('task.id', 'A task id is a UUID.')
  return id.toLowerCase()
}

const noCall = (method: string, path: string) => notFound('request.unknown', `There is no ${method} ${path}.`)

const refuse = (error: z.ZodError) =>
  invalid('request.shape', `The request is not understood: ${z.prettifyError(error)}`, {
    detail: error.issues.slice(0, 10),
  })

function kindOf(body: unknown): string | undefined {
  const loose = z.object({ task: z.object({ kind: z.string() }) }).safeParse(body)
  return loose.success ? loose.data.task.kind : undefined
}
