import type { ApiRequest } from './route.ts'
import type { TypeName } from '../wire/types.ts'
import type { WireObject } from '../wire/wire-object.ts'

/**
 * How one name of a type is followed: for all parents at once (one query, whatever their number), the full objects by parent id.
 * `one` replaces the element's stub, `many` fills the element with a list.
 */
export interface Follower {
  /** The element that is filled. */
  element: string
  type: TypeName
  load(request: ApiRequest, parents: readonly WireObject[]): Promise<Map<string, WireObject | WireObject[]>>
}

/** Followers by type and by name as clients write it, lower case without underscores. */
export type Followers = Partial<Record<TypeName, Record<string, Follower>>>

interface Names extends Map<string, Names> {}

const normal = (name: string) => name.trim().toLowerCase().replaceAll('_', '')

/** Deepest `follow` path; each level is one query. */
const maxFollowDepth = 4

/** `nics,disk_attachments.disk` as a tree of names. */
function parseNames(text: string): Names {
  const root: Names = new Map()
  for (const path of text.split(',')) {
    let at = root
    for (const part of path.split('.').slice(0, maxFollowDepth)) {
      const name = normal(part)
      if (name === '') break
      const next: Names = at.get(name) ?? new Map()
      at.set(name, next)
      at = next
    }
  }
  return root
}

/**
 * The objects with those that `follow` names in place of stubs and links. Unknown names are ignored (fact sheet 1.9). What is filled
 * is a copy: objects may be shared between requests (`wire/kept.ts`).
 */
export async function follow(
  request: ApiRequest,
  followers: Followers,
  type: TypeName,
  objects: WireObject[],
): Promise<WireObject[]> {
  const text = request.address.parameters.get('follow')
  if (text === undefined || text === '') return objects
  const copies = objects.map(object => ({ ...object }))
  await followNames(request, followers, type, copies, parseNames(text))
  return copies
}

async function followNames(
  request: ApiRequest,
  followers: Followers,
  type: TypeName,
  objects: readonly WireObject[],
  names: Names,
): Promise<void> {
  if (objects.length === 0) return
  for (const [name, below] of names) {
    const follower = followers[type]?.[name]
    if (follower === undefined) continue
    const loaded = await follower.load(request, objects)
    const found: WireObject[] = []
    for (const object of objects) {
      const value = copied(object.id === undefined ? undefined : loaded.get(object.id))
      if (value === undefined) continue
      object[follower.element] = value
      if (object.link) {
        const kept = Object.entries(object.link).filter(([rel]) => normal(rel) !== name)
        object.link = Object.fromEntries(kept)
      }
      found.push(...(Array.isArray(value) ? value : [value]))
    }
    await followNames(request, followers, follower.type, found, below)
  }
}

const copied = (value: WireObject | WireObject[] | undefined) =>
  Array.isArray(value) ? value.map(object => ({ ...object })) : value && { ...value }
