import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Exchange } from './tee.ts'
import { header, type Message } from './http-stream.ts'
import { Normaliser } from './normalise.ts'
import { parametersOf, routeOf } from './template.ts'

/** One line of `index.json`. Files are below the folder of the index. */
export interface Sample {
  readonly method: string
  /** The route, ids as `{id}`. */
  readonly path: string
  readonly client: string
  readonly status: number
  readonly request: string
  readonly response: string
}

/** Headers of a request that say something about a client; the others are framing. */
const requestHeaders = new Set([
  'accept',
  'content-type',
  'version',
  'filter',
  'all-content',
  'prefer',
  'authorization',
  'expect',
  'x-ovirt-expect',
  'user-agent',
  'correlation-id',
])

/** What makes two exchanges of a client samples of the same thing. */
function keyOf({ request, response }: Exchange): string {
  const [method = '', target = ''] = request.start.split(' ')
  const parameters = parametersOf(target)
  const action = parameters.length ? `_${parameters.join('_')}` : ''
  return slug(
    `${method}_${routeOf(target).replace('/ovirt-engine/', '')}${action}_${statusOf(response)}${shapeOf(request)}`,
  )
}

/** Which parameters an action or change has: a start and a run-once start are two samples. */
function shapeOf(request: Message): string {
  const names = [...request.body.toString().matchAll(/^ {2}<(\w+)/gm)].map(([, name]) => name)
  return request.start.includes('/sso/') || names.length === 0 || names.length > 3 ? '' : `_${names.join('_')}`
}

const slug = (text: string): string =>
  text
    .replaceAll(/[{}]/g, '')
    .replaceAll(/[^\w.-]+/g, '-')
    .replaceAll(/-{2,}/g, '-')
    .slice(0, 150)
const statusOf = (response: Message): number => Number(response.start.split(' ')[1])

/** A sample is read by people: of several answers the longest up to here is kept, else the shortest; longer lists are cut. */
const readable = 16_384

/** Keeps one exchange of each kind, the one that says most without being endless. The bytes of images are none. */
export function distinct(exchanges: readonly Exchange[]): Map<string, Exchange> {
  const kept = new Map<string, Exchange>()
  for (const exchange of exchanges) {
    if (/ \/images\//.test(exchange.request.start)) continue
    const key = keyOf(exchange)
    const known = kept.get(key)
    if (known === undefined || isBetter(exchange.response.body.length, known.response.body.length))
      kept.set(key, exchange)
  }
  return kept
}

const isBetter = (length: number, than: number): boolean =>
  length > readable ? length < than : than > readable || length > than

/** Writes the samples of one client into `folder`, in place of those that were there. Gives their lines of the index. */
export async function writeSamples(folder: string, client: string, exchanges: readonly Exchange[]): Promise<Sample[]> {
  await rm(join(folder, client), { recursive: true, force: true })
  await mkdir(join(folder, client), { recursive: true })
  const samples: Sample[] = []
  for (const [key, { request, response }] of [...distinct(exchanges)].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const normaliser = new Normaliser()
    const [method = '', target = ''] = request.start.split(' ')
    const kind = /json/.test(header(response, 'content-type') ?? '')
      ? 'json'
      : /xml/.test(header(response, 'content-type') ?? '')
        ? 'xml'
        : 'txt'
    const files = { request: `${client}/${key}.request.http`, response: `${client}/${key}.response.${kind}` }
    await writeFile(join(folder, files.request), normaliser.text(httpText(request, requestHeaders)))
    const body = normaliser.text(
      kind === 'xml' ? shortened(response.body.toString(), readable) : response.body.toString(),
    )
    await writeFile(join(folder, files.response), body.endsWith('\n') || body === '' ? body : `${body}\n`)
    samples.push({ method, path: routeOf(target), client, status: statusOf(response), ...files })
  }
  return samples
}

/** A list without the children that come after `limit` characters; whole children only, and at least one. */
export function shortened(xml: string, limit: number): string {
  if (xml.length <= limit) return xml
  let depth = 0
  let root = ''
  for (const match of xml.matchAll(/<(\/?)(\w+)[^>]*?(\/?)>/g)) {
    const [tag, closing, name = '', empty] = match
    if (closing) depth -= 1
    else if (!empty) depth += 1
    if (depth === 1 && root === '') root = name
    else if (depth === 1 && root.endsWith('s') && (closing || empty)) {
      const end = match.index + tag.length
      if (end >= limit) return `${xml.slice(0, end)}</${root}>`
    }
  }
  return xml
}

/** Puts the lines of one client into the index, in place of its old ones. */
export async function updateIndex(folder: string, client: string, samples: readonly Sample[]): Promise<Sample[]> {
  const file = join(folder, 'index.json')
  const old = await readIndex(folder)
  const all = [...old.filter(each => each.client !== client), ...samples]
  await writeFile(file, `[\n${all.map(each => `  ${JSON.stringify(each)}`).join(',\n')}\n]\n`)
  return all
}

/** The index; empty when nothing was recorded yet. */
export async function readIndex(folder: string): Promise<Sample[]> {
  try {
    const value: unknown = JSON.parse(await readFile(join(folder, 'index.json'), 'utf8'))
    return Array.isArray(value) ? value : []
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [] // nothing recorded yet
    throw error
  }
}

/** Start line, the telling headers, and the body. */
function httpText(message: Message, telling: ReadonlySet<string>): string {
  const headers = message.headers
    .filter(([name]) => telling.has(name))
    .map(([name, value]) => `${name}: ${name === 'authorization' ? `${value.split(' ')[0]} SECRET` : value}`)
  const body = message.body.toString()
  return `${[message.start, ...headers].join('\n')}\n${body === '' ? '' : `\n${body}${body.endsWith('\n') ? '' : '\n'}`}`
}
