/** A host that could become SPM. */
export interface Candidate {
  id: string
  status: string
  /** -1 never, 0 lowest … 10. */
  spmPriority: number
}

/**
 * Who becomes SPM: the highest priority among hosts that are up; the lowest id among equals, so that two engines that look at
 * once choose the same. Undefined: nobody can.
 */
export function chooseSpm(hosts: readonly Candidate[]): string | undefined {
  const able = hosts.filter(host => host.status === 'up' && host.spmPriority >= 0)
  return able.toSorted((a, b) => b.spmPriority - a.spmPriority || (a.id < b.id ? -1 : 1))[0]?.id
}
