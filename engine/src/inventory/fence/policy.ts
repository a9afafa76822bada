import type { Situation } from './store.ts'
import type { FenceReason } from './types.ts'

/** Seconds for which a host must not have been seen moving on storage before it may count as dead (T_see of the storage lease). */
export const storageSilenceSeconds = 35

/** Why a host that does not answer is not fenced now; undefined: it may be. Pure. */
export function refusalOf(s: Situation): { reason: FenceReason; message: string } | undefined {
  const { fencing } = s
  if (!s.powerManagement.enabled || s.agents === 0)
    return { reason: 'not_configured', message: 'it has no power management' }
  if (!fencing.enabled) return { reason: 'disabled', message: 'fencing is switched off in its cluster' }
  if (fencing.skipIfConnectivityBroken && s.hosts > 0) {
    const percent = Math.floor((100 * s.silent) / s.hosts)
    if (percent >= fencing.connectivityThreshold)
      return {
        reason: 'connectivity_broken',
        message: `${percent} % of the hosts of its cluster do not answer, which looks like a broken network`,
      }
  }
  if (fencing.skipIfStorageActive && s.storageSeconds !== null && s.storageSeconds < storageSilenceSeconds)
    return {
      reason: 'storage_active',
      message: `it still renews its lease on storage (${Math.max(0, Math.round(s.storageSeconds))} s ago)`,
    }
  if (s.proxies === 0)
    return { reason: 'no_proxy', message: 'no other host of its data center is up to switch its power' }
  return undefined
}

/** Seconds until a fence that failed is tried again. */
export const againSeconds = (tries: number): number => Math.min(600, 15 * 2 ** Math.max(0, tries - 1))
