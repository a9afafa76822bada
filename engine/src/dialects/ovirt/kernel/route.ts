import type { Env } from '../../../core/ctx.ts'
import type { Address } from '../http/address.ts'
import type { Method } from '../http/router.ts'
import type { Format } from '../wire/decode.ts'
import type { TypeName } from '../wire/types.ts'
import type { WireObject } from '../wire/wire-object.ts'
import type { Answer } from './answer.ts'
import type { Services } from './services.ts'

/** What a handler is given: who asks, where, and with what. Nothing below the handler knows HTTP. */
export interface ApiRequest {
  env: Env
  services: Services
  address: Address
  params: Record<string, string>
  /** The decoded body; empty for GET and DELETE. */
  body: WireObject
  /** The language of the answer. */
  format: Format
  /** Header values by lower-case name; the last one where several came. */
  headers: Readonly<Record<string, string | undefined>>
  /** `https://engine:8443`, as the client called us. */
  origin: string
}

/** One route of the API. The table of all of them is what the completeness test counts. */
export interface Route {
  method: Method
  path: string
  /** The type of the body; for actions `Action`. Absent: a body is ignored. */
  body?: TypeName
  /** Errors are answered inside an `<action>`. */
  action?: boolean
  handle(request: ApiRequest): Promise<Answer>
}

/** A read. */
export const get = (path: string, handle: Route['handle']): Route => ({ method: 'GET', path, handle })
/** A create, or anything else that is posted with an entity. */
export const post = (path: string, body: TypeName, handle: Route['handle']): Route => ({
  method: 'POST',
  path,
  body,
  handle,
})
/** An update. */
export const put = (path: string, body: TypeName, handle: Route['handle']): Route => ({
  method: 'PUT',
  path,
  body,
  handle,
})
/** A removal. */
export const del = (path: string, handle: Route['handle']): Route => ({ method: 'DELETE', path, handle })
/** `POST …/name` with an `<action>` body. */
export const action = (path: string, handle: Route['handle']): Route => ({
  method: 'POST',
  path,
  body: 'Action',
  action: true,
  handle,
})
