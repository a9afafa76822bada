import { chmodSync, openSync, rmSync } from 'node:fs'
import { createConnection, createServer, type Server, type Socket } from 'node:net'
import { basename, dirname } from 'node:path'
import type { ChildReport } from './child.ts'

/** What the supervisor says of itself and its children. */
export interface SupervisorReport {
  readonly pid: number
  readonly version: string
  readonly startedAt: string
  readonly children: readonly ChildReport[]
  /** How virtual machines are set apart on this host, and why not more. */
  readonly notes: readonly string[]
}

/** One line to the supervisor. */
export type Request =
  | { readonly do: 'status' }
  | { readonly do: 'stop' }
  | { readonly do: 'restart'; readonly names: readonly string[] }

/** Lines from the supervisor: progress, then exactly one answer. */
export type Reply = { readonly said: string } | { readonly report: SupervisorReport } | { readonly done: true }

/** The longest path that fits into a unix socket address. */
const LONGEST = 107

/**
 * A path to the same socket that fits into an address: a data directory may be deep, so a long path goes through an open descriptor
 * of its folder.
 */
export function socketPath(path: string): string {
  if (Buffer.byteLength(path) <= LONGEST) return path
  return `/proc/self/fd/${openSync(dirname(path), 'r')}/${basename(path)}`
}

/** Listens for requests to the supervisor. */
export const listen = (
  path: string,
  answer: (request: Request, said: (line: string) => void) => Promise<Reply>,
): Promise<Server> => listenFor(path, ['status', 'stop', 'restart'], answer)

/** Listens for requests of root (or of the user the instance runs as) whose `do` is among `known`: the socket is 0600. */
export async function listenFor<Q extends { readonly do: string }, R extends object>(
  path: string,
  known: readonly Q['do'][],
  answer: (request: Q, said: (line: string) => void) => Promise<R>,
): Promise<Server> {
  rmSync(path, { force: true }) // we hold the instance's lock: whoever made it is gone
  const server = createServer(socket => serve(socket, known, answer))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(socketPath(path), resolve)
  })
  chmodSync(path, 0o600)
  return server
}

function serve<Q extends { readonly do: string }, R extends object>(
  socket: Socket,
  known: readonly Q['do'][],
  answer: (request: Q, said: (line: string) => void) => Promise<R>,
): void {
  const put = (reply: R | { said: string }) => void (socket.writable && socket.write(`${JSON.stringify(reply)}\n`))
  socket.on('error', () => undefined) // the asker left
  lines(socket, text => {
    let request: Q
    try {
      request = JSON.parse(text) as Q
    } catch {
      socket.destroy() // not one of ours
      return
    }
    if (!known.includes(request.do)) return void socket.destroy()
    answer(request, said => put({ said })).then(
      reply => {
        put(reply)
        socket.end()
      },
      () => socket.destroy(),
    )
  })
}

/** Asks the supervisor; see {@link askAt}. */
export const ask = (
  path: string,
  request: Request,
  said?: (line: string) => void,
  timeout = 60_000,
): Promise<Reply | undefined> => askAt<Request, Reply>(path, request, said, timeout)

/** Asks who listens at a socket; undefined when nobody does. `said` hears the progress. Waits at most `timeout` ms for the next line. */
export function askAt<Q extends { readonly do: string }, R extends object>(
  path: string,
  request: Q,
  said?: (line: string) => void,
  timeout = 60_000,
): Promise<R | undefined> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(socketPath(path))
    let reply: R | undefined
    socket.setTimeout(timeout, () => socket.destroy(new Error(`Nobody answers at ${path}.`)))
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (
        error.code === 'ENOENT' ||
        error.code === 'ECONNREFUSED' ||
        error.code === 'ENOTDIR' ||
        error.code === 'ECONNRESET'
      )
        resolve(undefined)
      else reject(error)
    })
    socket.on('connect', () => socket.write(`${JSON.stringify(request)}\n`))
    lines(socket, text => {
      const line = JSON.parse(text) as R | { said: string }
      if ('said' in line) said?.(line.said)
      else reply = line
    })
    socket.on('close', () => resolve(reply))
  })
}

/** The supervisor's report, or undefined when it does not run. */
export async function report(path: string): Promise<SupervisorReport | undefined> {
  const reply = await ask(path, { do: 'status' }, undefined, 10_000)
  return reply && 'report' in reply ? reply.report : undefined
}

function lines(socket: Socket, each: (line: string) => void): void {
  let rest = ''
  socket.setEncoding('utf8').on('data', (chunk: string | Buffer) => {
    const parts = (rest + String(chunk)).split('\n')
    rest = parts.pop() ?? ''
    for (const part of parts) each(part)
  })
}
