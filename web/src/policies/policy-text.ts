import { useTranslation } from 'react-i18next'
import type { PolicyRow } from '../api/rows.ts'

/** The policies of the product by id; a test holds them against the engine's. */
export const builtIn = {
  'b4ed2332-a7ac-4d5f-9596-99a439cb2812': 'none',
  '20d25257-b4bd-4589-92a6-c4c5c5d3fd1a': 'evenly_distributed',
  '5a2b0939-7d46-4b73-a469-e9c2c7fc6a53': 'power_saving',
  '8d5d7bec-68de-4a67-b53e-0ac54686d579': 'vm_evenly_distributed',
  '7677771e-5eab-422e-83fa-dc04080d21b7': 'cluster_maintenance',
} as const

/** What a policy does, in the language of the page for those of the product; of others what people wrote. */
export function usePolicyText(): (policy: Pick<PolicyRow, 'id' | 'description'>) => string {
  const { t } = useTranslation('policies')
  return ({ id, description }) =>
    Object.hasOwn(builtIn, id) ? t(`builtIn.${builtIn[id as keyof typeof builtIn]}`) : description
}
