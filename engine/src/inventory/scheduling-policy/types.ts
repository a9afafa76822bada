import { z } from 'zod'
import { isProperty, type PropertyName, propertyForms, unitById } from '../../compute/scheduling/units.ts'
import type { SchedulingPolicy } from '../../compute/scheduling/policies.ts'
import { id, name, seenVersion, text } from '../input.ts'

/** A scheduling policy as queries return it. */
export interface SchedulingPolicyRow extends SchedulingPolicy {
  /** 0 for the policies of the product. */
  version: number
}

/** Properties of policies by name, in the forms that oVirt writes: numbers as digits, `true` and `false`. */
export const PolicyValues = z.record(z.string(), z.string().max(100)).superRefine((values, context) => {
  for (const [key, value] of Object.entries(values)) {
    if (!isProperty(key))
      context.addIssue({
        code: 'custom',
        path: [key],
        message: `is no property of scheduling policies; there are ${Object.keys(propertyForms).join(', ')}`,
      })
    else if (!new RegExp(propertyForms[key]).test(value))
      context.addIssue({ code: 'custom', path: [key], message: `must look like ${propertyForms[key]}` })
  }
}) as unknown as z.ZodType<Partial<Record<PropertyName, string>>>

const unitOf = (type: 'filter' | 'weight' | 'load_balancing') =>
  id.refine(value => unitById(value)?.type === type, `is no policy unit of type ${type}`)

export const PolicyFilter = z.strictObject({ unitId: unitOf('filter'), position: z.int().min(-1).max(1).default(0) })
export const PolicyWeight = z.strictObject({ unitId: unitOf('weight'), factor: z.int().min(1).max(1000).default(1) })

const parts = {
  description: text().optional(),
  filters: z.array(PolicyFilter).max(100).optional(),
  weights: z.array(PolicyWeight).max(100).optional(),
  /** At most one way to balance. */
  balanceIds: z.array(unitOf('load_balancing')).max(1).optional(),
  properties: PolicyValues.optional(),
}

/** Input of `schedulingPolicy.add`. */
export const AddSchedulingPolicy = z.strictObject({ name: name(128), ...parts })
/** Input of `schedulingPolicy.update`; what is absent stays, lists are replaced whole. */
export const UpdateSchedulingPolicy = z.strictObject({
  id,
  version: seenVersion,
  name: name(128).optional(),
  ...parts,
})
/** Input of `schedulingPolicy.remove`. */
export const RemoveSchedulingPolicy = z.strictObject({ id })
