import type { FastifyInstance } from 'fastify'
import type { DomainModule } from './core/registry.ts'
import type { EngineHandle } from './engine.ts'
import { identity } from './identity/index.ts'

/** What the outside API of oVirt is added to a server with. */
export type Dialect = (app: FastifyInstance, engine: EngineHandle) => Promise<void>

/** A module of ours, or undefined while it is being built. */
async function maybe<T>(file: string, name: string): Promise<T | undefined> {
  try {
    return ((await import(file)) as Record<string, T>)[name]
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND'
    if (missing && String((error as Error).message).includes(file.replace(/^\.\//, ''))) return undefined
    throw error
  }
}

/** Every domain of this release. */
export async function allDomains(): Promise<DomainModule[]> {
  const names = ['inventory', 'storage', 'network', 'compute', 'metering']
  const found = await Promise.all(names.map(name => maybe<DomainModule>(`./${name}/index.ts`, name)))
  return [identity, ...found.filter(each => each !== undefined)]
}

/** The oVirt dialect. */
export const ovirt = (): Promise<Dialect | undefined> => maybe<Dialect>('./dialects/ovirt/index.ts', 'ovirtDialect')
