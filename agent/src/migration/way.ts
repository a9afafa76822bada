import type { MigrationPlan } from '@rookery/protocol'

/**
 * How a guest goes over. `live`: it runs while its memory is sent. `paused`: it stands still meanwhile. `post_copy`: it goes on at the
 * target before anything of its memory is there, which follows.
 */
export type Way = 'live' | 'paused' | 'post_copy'

/**
 * Whether a guest may run here while its memory is sent. QEMU before release 9 that emulates its guests (no KVM) does not see each page that
 * they write to once it has begun to look: the address cache of the emulated CPU is not told that a page counts as clean again. The target
 * then has old pages, and the guest dies of it sooner or later. With KVM the kernel keeps count.
 */
export const sendsRunning = (accel: 'kvm' | 'tcg', qemuVersion: string): boolean =>
  accel === 'kvm' || Number.parseInt(qemuVersion, 10) >= 9

/** The way of a plan. Post-copy from the very beginning sends nothing that the guest could write to afterwards. Pure. */
export function wayOf(plan: Pick<MigrationPlan, 'convergence'>, running: boolean): Way {
  if (running) return 'live'
  return plan.convergence.some(step => step.action.kind === 'post_copy') ? 'post_copy' : 'paused'
}
