import { z } from 'zod'
import { certificateTasks } from './certificate.ts'
import { leaseTasks } from './lease.ts'
import { migrationTasks } from './migration.ts'
import { networkTasks } from './network.ts'
import { powerTasks } from './power.ts'
import { storageTasks } from './storage.ts'
import { vmTasks } from './vm.ts'

/**
 * Everything a host can be asked to do. The union is closed and strict: a field that an agent does not know is refused,
 * so a change that must not be ignored is a new kind (`vm.create@2`), which placement looks for in the facts.
 */
export const Task = z.discriminatedUnion('kind', [
  ...vmTasks,
  ...migrationTasks,
  ...storageTasks,
  ...networkTasks,
  ...certificateTasks,
  ...powerTasks,
  ...leaseTasks,
])
export type Task = z.infer<typeof Task>
export type TaskKind = Task['kind']
export type TaskOf<K extends TaskKind> = Extract<Task, { kind: K }>

/** Every task kind that this protocol version knows. */
export const taskKinds: readonly TaskKind[] = [
  ...vmTasks,
  ...migrationTasks,
  ...storageTasks,
  ...networkTasks,
  ...certificateTasks,
  ...powerTasks,
  ...leaseTasks,
].map(t => t.shape.kind.value)

export * from './certificate.ts'
export * from './lease.ts'
export * from './migration.ts'
export * from './network.ts'
export * from './power.ts'
export * from './storage.ts'
export * from './vm.ts'
