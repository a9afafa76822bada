import { ask, call } from '../../../core/call.ts'
import * as tag from '../../../inventory/tag/operations.ts'
import { assignments, list as listTags } from '../../../inventory/tag/queries.ts'
import type { TagRow } from '../../../inventory/tag/types.ts'
import { apiBase } from '../http/address.ts'
import { incomplete } from '../http/fault.ts'
import { created, list, one, removed, stub } from '../kernel/answer.ts'
import { defined, found, pathId, requiredText } from '../kernel/read.ts'
import { type ApiRequest, del, get, post, put, type Route } from '../kernel/route.ts'
import { structAt, textAt, type WireObject } from '../wire/wire-object.ts'

/** A tag as the API shows it; below an object its href says so. */
export function tagToWire(row: TagRow, owner?: { collection: string; element: string; id: string }): WireObject {
  const ownerHref = owner && `${apiBase}/${owner.collection}/${owner.id}`
  return {
    id: row.id,
    href: ownerHref === undefined ? `${apiBase}/tags/${row.id}` : `${ownerHref}/tags/${row.id}`,
    name: row.name,
    description: row.description,
    parent: stub('tags', row.parentId),
    ...(owner === undefined || ownerHref === undefined ? {} : { [owner.element]: { id: owner.id, href: ownerHref } }),
  }
}

/** The tag that a reference means, by id or name; undefined when it names none. */
async function tagIn(request: ApiRequest, reference: WireObject | undefined): Promise<string | undefined> {
  const name = textAt(reference, 'name')
  if (reference?.id !== undefined && reference.id !== '') return reference.id
  if (name === undefined) return undefined
  const row = (await ask(request.env, listTags, {})).find(tag => tag.name === name)
  return found(row, 'Tag', name).id
}

const shown = async (request: ApiRequest, id: string) =>
  tagToWire(found((await ask(request.env, listTags, { ids: [id] }))[0], 'Tag', id))

/** The tags of one kind of object: list, assign by id or name, take away. */
function tagsOf(collection: string, objectKind: 'vm' | 'host' | 'template' | 'user'): Route[] {
  const owner = (request: ApiRequest) => ({ collection, element: objectKind, id: pathId(request, 'owner') })
  const assigned = (request: ApiRequest) =>
    ask(request.env, assignments, { objectKind, objectIds: [pathId(request, 'owner')] })
  return [
    get(`/${collection}/:owner/tags`, async request =>
      list(
        'Tag',
        'tags',
        'tag',
        (await assigned(request)).map(row => tagToWire(row, owner(request))),
      ),
    ),
    post(`/${collection}/:owner/tags`, 'Tag', async request => {
      const tagId = await tagIn(request, request.body)
      if (tagId === undefined) throw incomplete('Tag', ['id|name'], 'add')
      await call(request.env, tag.assign, { tagId, objectKind, objectId: pathId(request, 'owner') })
      const row = (await assigned(request)).find(one => one.id === tagId)
      return created('Tag', tagToWire(found(row, 'Tag', tagId), owner(request)))
    }),
    get(`/${collection}/:owner/tags/:id`, async request => {
      const id = pathId(request)
      const row = (await assigned(request)).find(one => one.id === id)
      return one('Tag', tagToWire(found(row, 'Tag', id), owner(request)))
    }),
    del(`/${collection}/:owner/tags/:id`, async request => {
      await call(request.env, tag.unassign, { tagId: pathId(request), objectKind, objectId: pathId(request, 'owner') })
      return removed
    }),
  ]
}

export const tagRoutes: Route[] = [
  get('/tags', async request =>
    list(
      'Tag',
      'tags',
      'tag',
      (await ask(request.env, listTags, {})).map(row => tagToWire(row)),
    ),
  ),
  post('/tags', 'Tag', async request => {
    const { body } = request
    const parentId = await tagIn(request, structAt(body, 'parent'))
    const { id } = await call(request.env, tag.add, {
      name: requiredText(body, 'name', 'Tag'),
      description: textAt(body, 'description') ?? '',
      ...defined({ parentId }),
    })
    return created('Tag', await shown(request, id))
  }),
  get('/tags/:id', async request => one('Tag', await shown(request, pathId(request)))),
  put('/tags/:id', 'Tag', async request => {
    const { body } = request
    const id = pathId(request)
    const parentId = await tagIn(request, structAt(body, 'parent'))
    await call(request.env, tag.update, {
      id,
      ...defined({ name: textAt(body, 'name'), description: textAt(body, 'description'), parentId }),
    })
    return one('Tag', await shown(request, id))
  }),
  del('/tags/:id', async request => {
    await call(request.env, tag.remove, { id: pathId(request) })
    return removed
  }),
  ...tagsOf('vms', 'vm'),
  ...tagsOf('hosts', 'host'),
  ...tagsOf('templates', 'template'),
  ...tagsOf('users', 'user'),
]
