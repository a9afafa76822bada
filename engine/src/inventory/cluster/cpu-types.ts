/** A CPU type of the catalogue: the name that people choose, its rank among its vendor's, the libvirt model behind it. */
export interface CpuType {
  name: string
  vendor: 'Intel' | 'AMD'
  level: number
  model: string
}

const intel = (level: number, name: string, model: string): CpuType => ({
  name: `Intel ${name} Family`,
  vendor: 'Intel',
  level,
  model,
})
const amd = (level: number, name: string, model: string): CpuType => ({
  name: `AMD ${name}`,
  vendor: 'AMD',
  level,
  model,
})

/** Lowest first for each vendor. Fact sheet 2.4, Clusters. */
const plain: CpuType[] = [
  intel(2, 'Nehalem', 'Nehalem'),
  intel(3, 'Westmere', 'Westmere'),
  intel(4, 'SandyBridge', 'SandyBridge'),
  intel(5, 'IvyBridge', 'IvyBridge'),
  intel(6, 'Haswell-noTSX', 'Haswell-noTSX'),
  intel(7, 'Haswell', 'Haswell'),
  intel(8, 'Broadwell-noTSX', 'Broadwell-noTSX'),
  intel(9, 'Broadwell', 'Broadwell'),
  intel(10, 'Skylake Client', 'Skylake-Client'),
  intel(11, 'Skylake Server', 'Skylake-Server'),
  intel(12, 'Cascadelake Server', 'Cascadelake-Server'),
  intel(13, 'Icelake Server', 'Icelake-Server'),
  intel(14, 'Sapphire Rapids Server', 'SapphireRapids'),
  amd(1, 'Opteron G1', 'Opteron_G1'),
  amd(2, 'Opteron G2', 'Opteron_G2'),
  amd(3, 'Opteron G3', 'Opteron_G3'),
  amd(4, 'Opteron G4', 'Opteron_G4'),
  amd(5, 'Opteron G5', 'Opteron_G5'),
  amd(6, 'EPYC', 'EPYC'),
  amd(7, 'EPYC Rome', 'EPYC-Rome'),
  amd(8, 'EPYC Milan', 'EPYC-Milan'),
  amd(9, 'EPYC Genoa', 'EPYC-Genoa'),
]

/** Every CPU type, each also as `Secure`: the same model, asked for with its mitigations. */
export const cpuTypes: readonly CpuType[] = plain.flatMap(type => [
  type,
  { ...type, name: type.vendor === 'AMD' ? `Secure ${type.name}` : `Secure ${type.name}` },
])

/** The type of this name (case counts, as in oVirt); undefined: unknown. */
export const cpuType = (name: string): CpuType | undefined => cpuTypes.find(type => type.name === name)

/**
 * The best type that a host of this libvirt model can give: the model's own, or the vendor's lowest for one that the
 * catalogue does not know (an emulated CPU, for instance).
 */
export function typeOfHost(facts: { vendor: string; guestModel: string | null }): CpuType | undefined {
  const bare = facts.guestModel?.replace(/-(IBRS|IBPB|noTSX-IBRS|v\d+)$/, '') ?? ''
  const vendor = /AMD|Hygon/i.test(facts.vendor) ? 'AMD' : 'Intel'
  return (
    plain.find(type => type.model === facts.guestModel) ??
    plain.find(type => type.model === bare) ??
    plain.find(type => type.vendor === vendor)
  )
}
