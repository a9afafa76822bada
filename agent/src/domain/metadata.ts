import { child, type Element, el } from '../xml/node.ts'

/** Namespace of what the agent writes into a domain about its run. */
export const metadataNamespace = 'urn:rookery:run:1'
const prefix = 'rookery'

/** What a domain says about itself: whose it is, which run, and what the observer needs after a restart of the agent. */
export interface RunMetadata {
  readonly engineId: string
  readonly runId: string
  /** The incarnation of the agent that made the domain. */
  readonly generation: number
  /** `up` without a guest agent after so many seconds. */
  readonly graceSeconds: number
  /** Epoch milliseconds. */
  readonly startedAt: number
  /** The seed ISO, to be removed at the end; empty when there is none. */
  readonly seed: string
  /** Of one that came from another host: what it was there. */
  readonly arrives?: 'up' | 'booting'
}

/** The element for `<metadata>`. */
export function metadataElement(run: RunMetadata): Element {
  return el(`${prefix}:run`, {
    [`xmlns:${prefix}`]: metadataNamespace,
    engine: run.engineId,
    run: run.runId,
    generation: run.generation,
    grace: run.graceSeconds,
    started: run.startedAt,
    seed: run.seed,
    arrives: run.arrives,
  })
}

/** Reads it back; null for a domain that is no agent's. */
export function readMetadata(domain: Element): RunMetadata | null {
  const run = child(child(domain, 'metadata'), `${prefix}:run`)
  const attrs = run?.attrs
  if (attrs === undefined || attrs[`xmlns:${prefix}`] !== metadataNamespace) return null
  if (attrs.engine === undefined || attrs.run === undefined) return null
  return {
    engineId: attrs.engine,
    runId: attrs.run,
    generation: Number(attrs.generation ?? 0),
    graceSeconds: Number(attrs.grace ?? 60),
    startedAt: Number(attrs.started ?? 0),
    seed: attrs.seed ?? '',
    ...(attrs.arrives === 'up' || attrs.arrives === 'booting' ? { arrives: attrs.arrives } : {}),
  }
}
