import type { PolicyRow, PolicyUnit } from '../api/rows.ts'

/** The words of properties, in the order in which they are asked for; a test holds them against the engine's. */
export const propertyNames = [
  'HighUtilization',
  'LowUtilization',
  'CpuOverCommitDurationMinutes',
  'MaxFreeMemoryForOverUtilized',
  'MinFreeMemoryForUnderUtilized',
  'HighVmCount',
  'MigrationThreshold',
  'SpmVmGrace',
  'HostsInReserve',
  'EnableAutomaticHostPowerManagement',
] as const
export type PropertyName = (typeof propertyNames)[number]

/** Properties that some units look at. */
export const propertiesOfUnits = (
  unitIds: readonly string[],
  units: readonly PolicyUnit[],
): readonly PropertyName[] => {
  const asked = new Set<string>(units.filter(unit => unitIds.includes(unit.id)).flatMap(unit => [...unit.properties]))
  return propertyNames.filter(name => asked.has(name))
}

/** Properties that a policy looks at, or says anyway. */
export const propertiesOfPolicy = (
  policy: Pick<PolicyRow, 'filters' | 'weights' | 'balanceIds' | 'properties'>,
  units: readonly PolicyUnit[],
): readonly PropertyName[] => {
  const asked = propertiesOfUnits(
    [...policy.filters.map(f => f.unitId), ...policy.weights.map(w => w.unitId), ...policy.balanceIds],
    units,
  )
  return propertyNames.filter(name => asked.includes(name) || Object.hasOwn(policy.properties, name))
}
