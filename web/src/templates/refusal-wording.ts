import type { RefusalReason } from '@rookery/model'

/** How values become texts in the language of the page. */
export interface Words {
  bytes: (n: number) => string
  number: (n: number) => string
  list: (names: readonly string[]) => string
  hostStatus: (status: string) => string
}

/** Members that are sizes in bytes, by code. */
const sizes: Partial<Record<RefusalReason['code'], readonly string[]>> = {
  memory: ['free', 'need'],
  numa: ['largest', 'need'],
  huge_pages: ['size'],
}

/** The key below `scheduling:refusal` and the texts that its sentence names; undefined: the code is not known here. */
export function refusalWording(
  reason: RefusalReason,
  words: Words,
): { key: string; values: Record<string, string> } | undefined {
  if (!Object.hasOwn(known, reason.code)) return undefined
  const values = Object.fromEntries(
    Object.entries(reason).flatMap(([name, value]) => {
      if (name === 'code' || typeof value === 'boolean') return []
      if (name === 'status' && typeof value === 'string') return [[name, words.hostStatus(value)]]
      if (Array.isArray(value)) return [[name, words.list(value.map(String))]]
      if (typeof value === 'number')
        return [[name, sizes[reason.code]?.includes(name) ? words.bytes(Math.max(0, value)) : words.number(value)]]
      return [[name, String(value)]]
    }),
  )
  return { key: known[reason.code](reason as never), values }
}

const same = ({ code }: RefusalReason) => code

/** The key of each code; the compiler asks for those that are missing. */
export const known: { [C in RefusalReason['code']]: (reason: Extract<RefusalReason, { code: C }>) => string } = {
  status: same,
  pinned: same,
  current: same,
  excluded: same,
  agent: same,
  firmware: same,
  machine: same,
  cpu_count: same,
  cpu_level: reason => (reason.missing.length === 0 ? 'cpu_level_plain' : 'cpu_level'),
  cpu_overload: same,
  memory: same,
  swap: same,
  numa: same,
  huge_pages: same,
  network: same,
  storage: same,
  vm_affinity: reason => (reason.positive ? 'vm_affinity_together' : 'vm_affinity_apart'),
  host_affinity: reason => (reason.positive ? 'host_affinity_on' : 'host_affinity_off'),
  host_device: same,
  max_vms: same,
  ha_reservation: same,
  cluster_maintenance: same,
  unlike: same,
  start: same,
}
