import { isPlainName } from '../templates/plain-name.ts'
import type { NativeOperations } from '../api/native.ts'
import type { PolicyRow } from '../api/rows.ts'

/** What the dialog of a scheduling policy holds: chosen units by id, factors as they are typed. */
export interface PolicyForm {
  name: string
  description: string
  filters: readonly string[]
  weights: Readonly<Record<string, string>>
  balanceId: string
  properties: Readonly<Record<string, string>>
}

/** The balance unit that leaves machines where they are. */
export const noBalance = '38440000-8cf0-14bd-c43e-10b96e4ef00a'

export const emptyPolicy: PolicyForm = {
  name: '',
  description: '',
  filters: [],
  weights: {},
  balanceId: noBalance,
  properties: {},
}

/** What a policy says, as the form holds it. */
export const formOfPolicy = (policy: PolicyRow): PolicyForm => ({
  name: policy.name,
  description: policy.description,
  filters: policy.filters.map(filter => filter.unitId),
  weights: Object.fromEntries(policy.weights.map(({ unitId, factor }) => [unitId, String(factor)])),
  balanceId: policy.balanceIds[0] ?? noBalance,
  properties: { ...(policy.properties as Readonly<Record<string, string>>) },
})

export type PolicyProblem = 'nameMissing' | 'nameCharacters'

/** What is wrong: the name, or units whose factor is none. */
export function problemsOfPolicy(form: PolicyForm): { name?: PolicyProblem; factors: readonly string[] } {
  const factors = Object.entries(form.weights).flatMap(([id, text]) => {
    const factor = Number(text.normalize('NFKC'))
    return text.trim() !== '' && Number.isInteger(factor) && factor >= 1 && factor <= 1000 ? [] : [id]
  })
  const name = form.name.trim()
  if (name === '') return { name: 'nameMissing', factors }
  return isPlainName(name) ? { factors } : { name: 'nameCharacters', factors }
}

/**
 * What adding and changing take. A policy that is changed or copied keeps the places that its filters had (`first`, `last`).
 */
export const partsOfPolicy = (form: PolicyForm, places: PolicyRow['filters'] = []) => ({
  name: form.name.trim(),
  description: form.description,
  filters: form.filters.map(unitId => ({
    unitId,
    position: places.find(place => place.unitId === unitId)?.position ?? 0,
  })),
  weights: Object.entries(form.weights).map(([unitId, factor]) => ({
    unitId,
    factor: Number(factor.normalize('NFKC')),
  })),
  balanceIds: form.balanceId === noBalance ? [] : [form.balanceId],
  properties: Object.fromEntries(
    Object.entries(form.properties).flatMap(([name, value]) => (value.trim() === '' ? [] : [[name, value.trim()]])),
  ) as NonNullable<NativeOperations['schedulingPolicy.add']['input']['properties']>,
})
