import type { IncomingMessage, ServerResponse } from 'node:http'
import { conflict, invalid, notFound } from '@rookery/model'
import { uuid } from '@rookery/protocol'
import { z } from 'zod'
import { Fault } from '../faults.ts'
import { addRun, report, type Run, up } from '../life.ts'
import type { Simulator } from '../simulator.ts'
import { errorAnswer, readJson, sendJson } from './reply.ts'

const Advance = z.strictObject({ advanceMs: z.int().min(0) })
/** Runs like one that is there, under other ids: how a large fleet comes to its guests without starting each. */
const Copies = z.strictObject({
  of: uuid,
  runs: z.array(z.strictObject({ vmId: uuid, runId: uuid, name: z.string() })).max(10_000),
})
const IsoFile = z.strictObject({ path: z.string().startsWith('/'), name: z.string().min(1), size: z.int().min(0) })

/**
 * What only a simulator has, on the same port and behind the same certificates:
 *
 * | call | meaning |
 * |---|---|
 * | `GET /simulator` | hosts, time, violations |
 * | `GET /simulator/hosts/<n>` | what a host is and does |
 * | `GET`, `POST`, `DELETE /simulator/hosts/<n>/faults` | standing faults; a new `Fault`; none any more |
 * | `POST /simulator/hosts/<n>/copies` | `{of, runs: [{vmId, runId, name}]}`: guests like the run `of` of any host, up at once |
 * | `GET /simulator/storage` | domains with their volumes, and the image tickets that live |
 * | `POST /simulator/clock` | `{advanceMs}`: turns a manual clock |
 * | `POST /simulator/files` | `{path, name, size}`: a file on the ISO domain below the path |
 */
export async function serveAdmin(
  sim: Simulator,
  path: string,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  try {
    const body = req.method === 'POST' ? await readJson(req) : undefined
    const answer = act(sim, req.method ?? 'GET', path, body)
    if (answer === undefined) res.writeHead(204).end()
    else sendJson(res, 200, answer)
  } catch (error) {
    const { status, body } = errorAnswer(error)
    sendJson(res, status, body)
  }
}

function act(sim: Simulator, method: string, path: string, body: unknown): unknown {
  const call = `${method} ${path}`
  if (call === 'GET ')
    return { hosts: sim.hosts, clock: sim.clock.kind, now: sim.clock.now(), violations: sim.violations }
  if (call === 'GET /storage') {
    const { pool, tickets } = sim.host(0).fleet
    return {
      domains: [...pool.all()].map(({ info, path, volumes }) => ({
        ...info,
        path,
        volumes: [...volumes.values()].map(v => v.facts),
      })),
      tickets: [...tickets.keys()],
    }
  }
  if (call === 'POST /clock') {
    if (sim.clock.kind !== 'manual') throw conflict('simulator.clock', 'This simulator runs on the real clock.')
    sim.advance(parse(Advance, body).advanceMs)
    return { now: sim.clock.now() }
  }
  if (call === 'POST /files') {
    const { path: at, ...file } = parse(IsoFile, body)
    sim.addIsoFile(at, file)
    return undefined
  }
  const match = /^\/hosts\/(\d+)(\/faults|\/copies)?$/.exec(path)
  if (match === null) throw notFound('request.unknown', `There is no ${method} /simulator${path}.`)
  const index = Number(match[1])
  const host = sim.host(index)
  if (match[2] === undefined && method === 'GET')
    return {
      facts: host.facts(),
      dead: host.dead,
      faults: host.faults.list(),
      // A run's report does not tell what is plugged into its guest.
      runs: [...host.runs.values()].map(({ report, spec }) => ({
        ...report,
        disks: spec.disks.map(disk => disk.diskId),
        nics: spec.nics.map(nic => nic.mac),
        medium: spec.cdrom.medium,
      })),
      storage: host.storage(),
      networks: [...host.networks.values()],
    }
  if (match[2] === '/copies') {
    if (method !== 'POST') throw notFound('request.unknown', `There is no ${method} /simulator${path}.`)
    return void copy(sim, index, parse(Copies, body))
  }
  if (match[2] !== undefined && method === 'GET') return host.faults.list()
  if (match[2] !== undefined && method === 'DELETE') return void sim.clearFaults(index)
  if (match[2] !== undefined && method === 'POST') return void sim.fault(index, parse(Fault, body))
  throw notFound('request.unknown', `There is no ${method} /simulator${path}.`)
}

function copy(sim: Simulator, index: number, { of, runs }: z.output<typeof Copies>): void {
  let model: Run | undefined
  for (let n = 0; n < sim.hosts && model === undefined; n++) model = sim.host(n).runs.get(of)
  if (model === undefined) throw notFound('simulator.run', 'There is no such run on any host.')
  const host = sim.host(index)
  const startedAt = sim.clock.now()
  for (const { vmId, runId, name } of runs) {
    const run = addRun(host, { ...model.spec, vmId, runId, name })
    report(host, run, { startedAt })
    up(host, run)
  }
}

function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body)
  if (!parsed.success) throw invalid('request.shape', z.prettifyError(parsed.error))
  return parsed.data
}
