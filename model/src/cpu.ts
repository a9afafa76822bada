/**
 * CPU types: what a cluster asks of its hosts and shows its guests. A type is oVirt's name, the libvirt model behind it, and the flags
 * (in the kernel's spelling, as /proc/cpuinfo lists them) that a host must have for it. Flags are those that tell a family from the one
 * before it; what every 64-bit processor has is not listed.
 */
export interface CpuType {
  name: string
  vendor: 'Intel' | 'AMD'
  /** Rank among its vendor's; the flags of a type hold those of the ones below it, but for a few that makers took away again. */
  level: number
  /** libvirt's name. */
  model: string
  flags: readonly string[]
}

/** What is asked of a host's CPU; see `HostFacts.cpu` of the contract. */
export interface HostCpu {
  vendor: string
  flags: readonly string[]
  /** The best model that libvirt gives guests here. */
  guestModel: string | null
  /** Every model that libvirt can give guests here; absent: the agent does not say. */
  models?: readonly string[] | undefined
}

const words = (text: string): string[] => text.split(' ').filter(word => word !== '')

interface Family {
  name: string
  model: string
  /** On top of the family before. */
  more: string
  /** That the family before had and this one, or a part of it, has not. */
  less?: string
}

const intel: Family[] = [
  { name: 'Nehalem', model: 'Nehalem', more: 'nx lm pni ssse3 cx16 sse4_1 sse4_2 popcnt lahf_lm' },
  { name: 'Westmere', model: 'Westmere', more: 'aes pclmulqdq' },
  { name: 'SandyBridge', model: 'SandyBridge', more: 'avx xsave x2apic tsc_deadline_timer rdtscp' },
  { name: 'IvyBridge', model: 'IvyBridge', more: 'f16c rdrand fsgsbase erms smep' },
  { name: 'Haswell-noTSX', model: 'Haswell-noTSX', more: 'avx2 bmi1 bmi2 fma movbe abm invpcid pcid' },
  { name: 'Haswell', model: 'Haswell', more: 'hle rtm' },
  { name: 'Broadwell-noTSX', model: 'Broadwell-noTSX', more: 'adx rdseed smap 3dnowprefetch', less: 'hle rtm' },
  { name: 'Broadwell', model: 'Broadwell', more: 'hle rtm' },
  { name: 'Skylake Client', model: 'Skylake-Client', more: 'xsavec xgetbv1' },
  {
    name: 'Skylake Server',
    model: 'Skylake-Server',
    more: 'avx512f avx512dq avx512cd avx512bw avx512vl clwb clflushopt pdpe1gb',
  },
  { name: 'Cascadelake Server', model: 'Cascadelake-Server', more: 'avx512_vnni pku' },
  {
    name: 'Icelake Server',
    model: 'Icelake-Server',
    more: 'avx512ifma avx512vbmi avx512_vbmi2 avx512_bitalg avx512_vpopcntdq gfni vaes vpclmulqdq la57 umip wbnoinvd',
    less: 'hle rtm',
  },
  {
    name: 'Sapphire Rapids Server',
    model: 'SapphireRapids',
    more: 'avx512_bf16 avx512_fp16 amx_tile amx_bf16 amx_int8 avx_vnni sha_ni fsrm',
  },
]

const amd: Family[] = [
  { name: 'Opteron G1', model: 'Opteron_G1', more: 'nx lm pni' },
  { name: 'Opteron G2', model: 'Opteron_G2', more: 'cx16 lahf_lm' },
  { name: 'Opteron G3', model: 'Opteron_G3', more: 'popcnt abm sse4a misalignsse' },
  {
    name: 'Opteron G4',
    model: 'Opteron_G4',
    more: 'ssse3 sse4_1 sse4_2 aes pclmulqdq avx xsave fma4 xop 3dnowprefetch',
  },
  { name: 'Opteron G5', model: 'Opteron_G5', more: 'f16c fma bmi1 tbm' },
  {
    name: 'EPYC',
    model: 'EPYC',
    more: 'avx2 bmi2 adx rdseed rdrand movbe fsgsbase smep smap clflushopt sha_ni xsavec rdtscp',
    less: 'fma4 xop tbm',
  },
  { name: 'EPYC Rome', model: 'EPYC-Rome', more: 'clwb umip wbnoinvd' },
  { name: 'EPYC Milan', model: 'EPYC-Milan', more: 'erms fsrm invpcid pku vaes vpclmulqdq' },
  {
    name: 'EPYC Genoa',
    model: 'EPYC-Genoa',
    more: 'avx512f avx512dq avx512cd avx512bw avx512vl avx512ifma avx512vbmi avx512_vbmi2 avx512_vnni avx512_bf16 gfni',
  },
]

/** Protections of the CPU against guests that read what is not theirs; `Secure` types ask for them. */
const secureFlags = { Intel: ['ibrs', 'ssbd', 'md_clear'], AMD: ['ibpb', 'ssbd'] } as const

function typesOf(vendor: CpuType['vendor'], first: number, families: readonly Family[]): CpuType[] {
  let flags: readonly string[] = []
  return families.map(({ name, model, more, less = '' }, n) => {
    flags = [...flags.filter(flag => !words(less).includes(flag)), ...words(more)]
    return { name: vendor === 'Intel' ? `Intel ${name} Family` : `AMD ${name}`, vendor, level: first + n, model, flags }
  })
}

const plain: readonly CpuType[] = [...typesOf('Intel', 2, intel), ...typesOf('AMD', 1, amd)]

/** Every CPU type, lowest first for each vendor, each also as `Secure`: the same model, asked for with its protections. */
export const cpuTypes: readonly CpuType[] = plain.flatMap(type => [
  type,
  { ...type, name: `Secure ${type.name}`, flags: [...type.flags, ...secureFlags[type.vendor]] },
])

/** The type of this name (case counts, as in oVirt); undefined: unknown. */
export const cpuType = (name: string): CpuType | undefined => cpuTypes.find(type => type.name === name)

/** The maker of a processor, by the word that it says of itself. */
export const cpuVendor = (vendor: string): CpuType['vendor'] => (/AMD|Hygon/i.test(vendor) ? 'AMD' : 'Intel')

/**
 * What a host lacks of a type, as words for people: flags, the maker, or the model itself when libvirt cannot give it although no flag is
 * missing (a processor with a fault that was switched off). Empty: the host meets the type.
 */
export function missingForType(type: CpuType, cpu: HostCpu): string[] {
  if (cpuVendor(cpu.vendor) !== type.vendor) return [`${type.vendor} CPU`]
  const missing = type.flags.filter(flag => !cpu.flags.includes(flag))
  // libvirt knows exactly what QEMU can give; the flags only say what is missing when it cannot.
  if (cpu.models === undefined) return missing
  if (!cpu.models.includes(type.model)) return missing.length > 0 ? missing : [`model ${type.model}`]
  return type.name.startsWith('Secure ') ? missing.filter(flag => secureFlags[type.vendor].some(s => s === flag)) : []
}

/** The best type that a host meets; undefined when it meets none of its maker's. */
export const bestTypeOf = (cpu: HostCpu): CpuType | undefined =>
  plain.findLast(type => type.vendor === cpuVendor(cpu.vendor) && missingForType(type, cpu).length === 0)

/**
 * The type of a cluster whose first host this is: the best that it meets, or its maker's lowest for one that meets none (an emulated
 * CPU, for instance).
 */
export function typeOfHost(cpu: HostCpu): CpuType | undefined {
  const vendor = cpuVendor(cpu.vendor)
  const bare = cpu.guestModel?.replace(/-(IBRS|IBPB|noTSX-IBRS|v\d+)$/, '') ?? ''
  return (
    plain.find(
      type => (type.model === cpu.guestModel || type.model === bare) && missingForType(type, cpu).length === 0,
    ) ??
    bestTypeOf(cpu) ??
    plain.find(type => type.vendor === vendor)
  )
}

/** What hosts have in common. */
export interface Baseline {
  /** The best type that all of them meet; null: none, as with processors of two makers. */
  type: CpuType | null
  /** Flags that all of them have, sorted. */
  flags: string[]
  /** For each host, in their order: the best type that it would meet alone, and flags that guests lose to the others. */
  hosts: { own: CpuType | null; unused: string[] }[]
}

/** The common set of some hosts' CPUs: a better host is brought down to it. Pure. */
export function baselineOf(cpus: readonly HostCpu[]): Baseline {
  const [first, ...others] = cpus
  const flags =
    first === undefined ? [] : [...new Set(first.flags)].filter(flag => others.every(cpu => cpu.flags.includes(flag)))
  const type =
    first === undefined ? undefined : plain.findLast(t => cpus.every(cpu => missingForType(t, cpu).length === 0))
  return {
    type: type ?? null,
    flags: flags.toSorted(),
    hosts: cpus.map(cpu => ({
      own: bestTypeOf(cpu) ?? null,
      unused: [...new Set(cpu.flags)].filter(flag => !flags.includes(flag)).toSorted(),
    })),
  }
}
