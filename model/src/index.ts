/** The vocabulary: ids, statuses, action tables, units, error kinds. Pure; every other package may import it. */
export * from './allowed.ts'
export * from './errors.ts'
export * from './host.ts'
export * from './ids.ts'
export * from './invariants.ts'
export * from './storage.ts'
export * from './units.ts'
export * from './vm.ts'
