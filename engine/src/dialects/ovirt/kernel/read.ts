import { invalid, isUuid, notFound } from '@rookery/model'
import { ask } from '../../../core/call.ts'
import type { Query } from '../../../core/query.ts'
import { visible } from '../../../core/visible.ts'
import { fragment } from '../../../db/index.ts'
import { compileSearch, type SearchTable } from '../../../search/index.ts'
import { booleanParameter, integerParameter } from '../http/address.ts'
import { incomplete } from '../http/fault.ts'
import { structAt, textAt, type WireObject } from '../wire/wire-object.ts'
import type { ApiRequest } from './route.ts'

/** An id in the path. What is no UUID is 400, as the original answers. */
export function pathId(request: ApiRequest, name = 'id'): string {
  const text = request.params[name] ?? ''
  if (!isUuid(text)) throw invalid('wire.malformed_id', `Invalid UUID string: ${text.slice(0, 80)}`)
  return text.toLowerCase()
}

/** The row, or the 404 that names kind and id. */
export function found<R>(row: R | undefined, word: string, id: string): R {
  if (row === undefined) throw notFound(`${word.replaceAll(' ', '')}.not_found`, `Entity not found: ${word}: id=${id}`)
  return row
}

/** Rows that the request's `search`, `max`, `case_sensitive` and `page` ask for, in one query. */
export async function searched<I, R, In extends object>(
  request: ApiRequest,
  query: Query<I, R[], In>,
  table: SearchTable | undefined,
  input: Partial<In> = {},
): Promise<R[]> {
  const { address } = request
  const text = address.parameters.get('search') ?? ''
  const wanted = integerParameter(address, 'max')
  const max = wanted === undefined || wanted < 0 ? undefined : wanted
  const caseSensitive = booleanParameter(address, 'case_sensitive') ?? false
  const { page, ...search } =
    table === undefined ? {} : compileSearch(text, table, { caseSensitive, seen: kind => visible(request.env, kind) })
  const size = max ?? (page === undefined ? undefined : 100)
  const rows = await ask(request.env, query, {
    ...input,
    ...(search.where || search.orderBy ? { search } : {}),
    ...(size === undefined ? {} : { max: size * (page ?? 1) }),
  } as In)
  return page === undefined || size === undefined ? rows : rows.slice(size * (page - 1))
}

/** The id that a reference means: its id, or the one visible thing of that name. Undefined when the element is absent. */
export async function referenced<I, R extends { id: string }, In extends { search?: unknown }>(
  request: ApiRequest,
  reference: WireObject | undefined,
  query: Query<I, R[], In>,
  word: string,
  nameColumn = fragment`v.name`,
): Promise<string | undefined> {
  if (reference === undefined) return undefined
  if (reference.id !== undefined && reference.id !== '') {
    if (!isUuid(reference.id)) throw invalid('wire.malformed_id', `Invalid UUID string: ${reference.id.slice(0, 80)}`)
    return reference.id.toLowerCase()
  }
  const name = textAt(reference, 'name')
  if (name === undefined) return undefined
  const rows = await ask(request.env, query, {
    search: { where: fragment`${nameColumn} = ${name}` },
    max: 2,
  } as unknown as In)
  const [row, other] = rows
  if (row === undefined)
    throw notFound(`${word.replaceAll(' ', '')}.not_found`, `Entity not found: ${word}: name=${name}`)
  if (other !== undefined)
    throw invalid('wire.ambiguous_name', `There are several of ${word} named ${name}; say which by its id.`)
  return row.id
}

/** The same for a mandatory element: `Incomplete parameters` when it is absent. */
export async function requiredReference<I, R extends { id: string }, In extends { search?: unknown }>(
  request: ApiRequest,
  element: string,
  query: Query<I, R[], In>,
  word: string,
  type: string,
): Promise<string> {
  const id = await referenced(request, structAt(request.body, element), query, word)
  if (id === undefined) throw incomplete(type, [`${element}.id|name`], 'add')
  return id
}

/** A mandatory text. */
export function requiredText(body: WireObject, element: string, type: string, method = 'add'): string {
  const text = textAt(body, element)
  if (text === undefined || text === '') throw incomplete(type, [element], method)
  return text
}

/** A copy without the members that are undefined, so that operations see absent as absent. */
export function defined<T extends object>(object: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>
  }
}

/** Rows grouped by a key, for followers. */
export function grouped<R, V>(
  rows: readonly R[],
  key: (row: R) => string,
  value: (row: R) => V,
  parents: readonly WireObject[],
): Map<string, V[]> {
  const map = new Map<string, V[]>(parents.flatMap(parent => (parent.id === undefined ? [] : [[parent.id, []]])))
  for (const row of rows) map.get(key(row))?.push(value(row))
  return map
}

/** Ids of the parents of a follower. */
export const parentIds = (parents: readonly WireObject[]): string[] => parents.flatMap(parent => parent.id ?? [])
