import { apiBase } from '../http/address.ts'
import type { TypeName } from '../wire/types.ts'
import type { WireObject } from '../wire/wire-object.ts'

/** What a route answers: an entity, a list, or bytes of another kind. */
export type Answer =
  | { kind: 'one'; status: number; type: TypeName; tag?: string; object: WireObject; headers?: Record<string, string> }
  | { kind: 'list'; type: TypeName; wrapper: string; item: string; objects: WireObject[] }
  | { kind: 'raw'; status: number; contentType: string; body: string; headers?: Record<string, string> }
  | { kind: 'empty'; status: number }

/** 200 with the entity. */
export const one = (type: TypeName, object: WireObject): Answer => ({ kind: 'one', status: 200, type, object })

/** 200 with a list; `wrapper` and `item` are the element names of the fact sheet's table 2.1. */
export const list = (type: TypeName, wrapper: string, item: string, objects: WireObject[]): Answer => ({
  kind: 'list',
  type,
  wrapper,
  item,
  objects,
})

/**
 * The answer to a create: 201 with `Location` when nothing is left to do, 202 with a `creation_status` link while a job works
 * (fact sheet 1.7).
 */
export function created(type: TypeName, object: WireObject, jobId: string | null = null): Answer {
  const href = object.href ?? apiBase
  if (jobId === null) return { kind: 'one', status: 201, type, object, headers: { location: href } }
  const withStatus: WireObject = {
    ...object,
    creation_status: 'pending',
    link: { ...object.link, creation_status: `${href}/creation_status/${jobId}` },
  }
  return { kind: 'one', status: 202, type, object: withStatus, headers: { location: href } }
}

/** 200 without a body: what DELETE answers (fact sheet rule 3). */
export const removed: Answer = { kind: 'empty', status: 200 }

/** Elements of an action that are never echoed. */
const secret = new Set(['root_password', 'ticket', 'ssh', 'power_management', 'vm', 'iscsi', 'connection'])

/** The answer of an action that was accepted: the request's own parameters, its job, and its results. */
export function actionDone(request: WireObject, jobId: string | null, results: WireObject = {}): Answer {
  const echo = Object.fromEntries(Object.entries(request).filter(([name]) => !secret.has(name) && name !== 'link'))
  const job = jobId === null ? {} : { job: { id: jobId, href: `${apiBase}/jobs/${jobId}` } }
  return { kind: 'one', status: 200, type: 'Action', object: { ...echo, ...job, status: 'complete', ...results } }
}

/** A reference: id and href of something in a top collection. */
export const stub = (collection: string, id: string | null | undefined): WireObject | undefined =>
  id === null || id === undefined ? undefined : { id, href: `${apiBase}/${collection}/${id}` }

/** The links to sub-collections below an entity's href. */
export const linksBelow = (href: string, rels: readonly string[]): Record<string, string> =>
  Object.fromEntries(rels.map(rel => [rel, `${href}/${rel}`]))
