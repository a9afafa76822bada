import { conflict } from './errors.ts'

/** Action name to the statuses in which it is allowed. */
export type Rules<S extends string> = Readonly<Record<string, readonly S[]>>

/** One action: its name and the statuses from which it works. Buttons, tooltips and operations read the same value. */
export interface Action<S extends string> {
  readonly name: string
  readonly kind: string
  readonly from: readonly S[]
}

/** Turns a table of rules for one kind of entity into its actions. */
export function allowed<S extends string, R extends Rules<S>>(kind: string, rules: R): { [K in keyof R]: Action<S> } {
  const entries = Object.entries(rules).map(([name, from]) => [name, { name, kind, from }] as const)
  return Object.fromEntries(entries) as { [K in keyof R]: Action<S> }
}

/** What `must` and `cannot` look at. */
export interface Standing<S extends string> {
  id: string
  name: string
  status: S
}

/** Why the action cannot be done now, as a sentence with the way out; undefined when it can. */
export function cannot<S extends string>(action: Action<S>, entity: Standing<S>): string | undefined {
  if (action.from.includes(entity.status)) return undefined
  return `${entity.name} is ${entity.status}; ${action.name} works from ${action.from.join(', ')}.`
}

/** Throws a `conflict` with the sentence of `cannot` unless the action is allowed. */
export function must<S extends string>(action: Action<S>, entity: Standing<S>): void {
  const reason = cannot(action, entity)
  if (reason !== undefined)
    throw conflict(`${action.kind}.${action.name}.not_allowed`, reason, {
      ref: { kind: action.kind, id: entity.id },
      detail: { status: entity.status, allowedFrom: action.from },
    })
}
