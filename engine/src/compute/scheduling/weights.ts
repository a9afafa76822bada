import type { Weight } from './schedule.ts'

/** Names of the policy `none` (fact sheet 6.6) as far as this release has them. */
export const weights: Readonly<Record<string, Weight>> = {
  /** Even distribution of vCPUs. */
  evenCpu: (_, host) => host.reservedVcpus / Math.max(1, host.cpus),
  /** Even distribution of memory. */
  evenMemory: (_, host) => host.reservedMemory / Math.max(1, host.memory),
}

/** Factors of oVirt's policy `none`. */
export const policyNone = { evenCpu: 2, evenMemory: 1 } as const
