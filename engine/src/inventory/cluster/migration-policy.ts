import type { ClusterSettings } from './types.ts'

/** What is done when a migration has not come closer to its end for a while. Downtime is milliseconds. */
export type ConvergenceAction =
  | { kind: 'downtime'; ms: number }
  /** The guest goes on at the target and fetches what it lacks. */
  | { kind: 'post_copy' }
  | { kind: 'abort' }

/** How one VM is migrated: a policy of the catalogue with what cluster and VM say over it. */
export interface MigrationPolicy {
  id: string
  name: string
  /** Migrations that one host sends, and that one host receives, at a time. */
  parallel: number
  /** The longest pause that is allowed at first, milliseconds. */
  downtime: number
  /** What is done at each stall, the first at the first; after the last one the last is repeated. */
  convergence: readonly { stalls: number; action: ConvergenceAction }[]
  autoConverge: boolean
  compressed: boolean
  encrypted: boolean
  /** Bytes a second for one migration; `auto`: the speed of the link divided by twice the parallel ones. */
  bandwidth: number | 'auto'
}

const downtimes = (...steps: readonly (readonly [stalls: number, ms: number])[]) =>
  steps.map(([stalls, ms]) => ({ stalls, action: { kind: 'downtime', ms } as const }))
const abort = (stalls: number) => ({ stalls, action: { kind: 'abort' } as const })
const postCopy = (stalls: number) => ({ stalls, action: { kind: 'post_copy' } as const })

type Catalogued = Omit<MigrationPolicy, 'encrypted' | 'bandwidth'> & { description: string }

/** The policy of clusters that say nothing. */
export const minimalDowntimeId = '80554327-0569-496b-bdeb-fcbbf52b827b'

/** Every policy; ids, names and steps are oVirt's (fact sheet 6.5). */
export const migrationPolicies: readonly Catalogued[] = [
  {
    id: minimalDowntimeId,
    name: 'Minimal downtime',
    description: 'The guest pauses for half a second at most; a migration that needs more is given up.',
    parallel: 2,
    downtime: 100,
    convergence: [...downtimes([1, 150], [2, 200], [3, 300], [4, 400], [6, 500]), abort(7)],
    autoConverge: true,
    compressed: false,
  },
  {
    id: '80554327-0569-496b-bdeb-fcbbf52b827c',
    name: 'Suspend workload if needed',
    description: 'The guest may pause for five seconds when it is busier than the network is fast.',
    parallel: 1,
    downtime: 100,
    convergence: [...downtimes([1, 150], [2, 200], [3, 300], [4, 400], [6, 500], [7, 5000]), abort(8)],
    autoConverge: true,
    compressed: true,
  },
  {
    id: 'a7aeedb2-8d66-4e51-bb22-32595027ce71',
    name: 'Post-copy migration',
    description:
      'A guest that is too busy goes on at the target and fetches its memory from there. A cut network ends it.',
    parallel: 2,
    downtime: 150,
    convergence: [...downtimes([1, 150], [2, 200]), postCopy(3), abort(4)],
    autoConverge: true,
    compressed: false,
  },
  {
    id: '57237b82-b8c2-425f-b425-114b35219626',
    name: 'Very large VMs',
    description: 'For guests with very much memory: several connections at once, one guest at a time.',
    parallel: 1,
    downtime: 500,
    convergence: [...downtimes([1, 1000], [2, 2000], [3, 5000]), postCopy(4), abort(5)],
    autoConverge: true,
    compressed: false,
  },
  {
    id: '00000000-0000-0000-0000-000000000000',
    name: 'Legacy',
    description: 'What cluster and VM say by themselves decides; no policy above them.',
    parallel: 2,
    downtime: 500,
    convergence: [abort(6)],
    autoConverge: false,
    compressed: false,
  },
]

/** Bytes a second of the bandwidth `hypervisor_default`: 52 MiB. */
const hypervisorDefault = 52 * 1024 * 1024

/** What a VM says of its migrations; words that it does not say are the cluster's. */
export interface VmMigrationWish {
  autoConverge: 'inherit' | 'true' | 'false'
  compressed: 'inherit' | 'true' | 'false'
  encrypted: 'inherit' | 'true' | 'false'
  policyId: string | null
  /** Milliseconds. */
  downtime: number | null
}

/** How this VM of this cluster is migrated. A policy that is not known any more counts as the default one. Pure. */
export function migrationPolicyOf(cluster: Pick<ClusterSettings, 'migration'>, vm: VmMigrationWish): MigrationPolicy {
  const { migration } = cluster
  const known = (id: string | null) => migrationPolicies.find(policy => policy.id === id)
  const policy =
    known(vm.policyId) ?? known(migration.policyId) ?? (migrationPolicies[0] as (typeof migrationPolicies)[number])
  const word = (name: 'autoConverge' | 'compressed' | 'encrypted', otherwise: boolean): boolean => {
    const said = vm[name] === 'inherit' ? migration[name] : vm[name]
    return said === 'inherit' ? otherwise : said === 'true'
  }
  const { description: _, ...steps } = policy
  return {
    ...steps,
    downtime: vm.downtime ?? policy.downtime,
    autoConverge: word('autoConverge', policy.autoConverge),
    compressed: word('compressed', policy.compressed),
    encrypted: word('encrypted', true),
    bandwidth:
      migration.bandwidth === 'custom' && migration.bandwidthMbps !== null
        ? Math.round((migration.bandwidthMbps * 1_000_000) / 8)
        : migration.bandwidth === 'hypervisor_default'
          ? hypervisorDefault
          : 'auto',
  }
}
