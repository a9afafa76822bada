import assert from 'node:assert/strict'
import { test } from 'node:test'
import { baselineOf, bestTypeOf, cpuType, cpuTypes, type HostCpu, missingForType, typeOfHost } from './cpu.ts'

/** A host with exactly what a type asks for, and more. */
const meeting = (name: string, changes: Partial<HostCpu> = {}): HostCpu => {
  const type = cpuType(name)
  assert.ok(type, name)
  return {
    vendor: type.vendor === 'AMD' ? 'AuthenticAMD' : 'GenuineIntel',
    flags: ['fpu', ...type.flags],
    guestModel: type.model,
    ...changes,
  }
}
const skylake = 'Intel Skylake Server Family'
const haswell = 'Intel Haswell-noTSX Family'
const typeNamed = (name: string) => cpuType(name) ?? assert.fail(name)

test('a host that meets a type meets the lower ones of its maker, but for what makers took away (R31)', () => {
  const cascade = meeting('Intel Cascadelake Server Family')
  for (const lower of [skylake, haswell, 'Intel Nehalem Family'])
    assert.deepEqual(missingForType(typeNamed(lower), cascade), [], lower)
  // Newer processors came without transactional memory.
  assert.deepEqual(missingForType(typeNamed('Intel Haswell Family'), meeting('Intel Icelake Server Family')), [
    'hle',
    'rtm',
  ])
})

test('what a lower host lacks of a higher type is named flag by flag', () => {
  assert.deepEqual(missingForType(typeNamed('Intel IvyBridge Family'), meeting('Intel Westmere Family')), [
    'avx',
    'xsave',
    'x2apic',
    'tsc_deadline_timer',
    'rdtscp',
    'f16c',
    'rdrand',
    'fsgsbase',
    'erms',
    'smep',
  ])
  assert.deepEqual(missingForType(typeNamed(skylake), meeting('AMD EPYC')), ['Intel CPU'])
})

test('libvirt has the last word on what guests can be given', () => {
  const type = typeNamed(skylake)
  assert.deepEqual(missingForType(type, meeting(skylake, { models: ['Nehalem'] })), ['model Skylake-Server'])
  // A flag that this kernel spells otherwise does no harm where libvirt can give the model.
  assert.deepEqual(missingForType(type, meeting(skylake, { flags: ['avx'], models: ['Skylake-Server'] })), [])
})

test('secure types ask for the protections too', () => {
  const plain = meeting(skylake, { models: ['Skylake-Server'] })
  assert.deepEqual(missingForType(typeNamed(`Secure ${skylake}`), plain), ['ibrs', 'ssbd', 'md_clear'])
  const safe = { ...plain, flags: [...plain.flags, 'ibrs', 'ssbd', 'md_clear'] }
  assert.deepEqual(missingForType(typeNamed(`Secure ${skylake}`), safe), [])
})

test('hosts are brought down to what all of them have; what each loses is told (R31)', () => {
  const { type, flags, hosts } = baselineOf([
    meeting(skylake),
    meeting(haswell),
    meeting('Intel Cascadelake Server Family'),
  ])
  assert.equal(type?.name, haswell)
  assert.ok(flags.includes('avx2') && !flags.includes('avx512f'))
  assert.deepEqual(
    hosts.map(each => each.own?.name),
    [skylake, haswell, 'Intel Cascadelake Server Family'],
  )
  assert.deepEqual(hosts[1]?.unused, [])
  assert.ok(hosts[0]?.unused.includes('avx512f'))
})

test('processors of two makers have no type in common, and no hosts have nothing', () => {
  assert.equal(baselineOf([meeting(skylake), meeting('AMD EPYC')]).type, null)
  assert.deepEqual(baselineOf([]), { type: null, flags: [], hosts: [] })
})

test('for any set of hosts each of them meets the type of the set, and no higher one does', () => {
  const intel = cpuTypes.filter(type => type.vendor === 'Intel' && !type.name.startsWith('Secure'))
  for (let seed = 1; seed < 200; seed++) {
    const pick = (n: number) => intel[(Math.imul(seed + n * 977, 2654435761) >>> 0) % intel.length]?.name ?? ''
    const cpus = [0, 1, 2].map(n => meeting(pick(n)))
    const { type } = baselineOf(cpus)
    assert.ok(type)
    for (const cpu of cpus) assert.deepEqual(missingForType(type, cpu), [])
    for (const higher of intel.filter(each => each.level > type.level))
      assert.ok(cpus.some(cpu => missingForType(higher, cpu).length > 0))
  }
})

test('a cluster takes the type of its first host; one that meets none gives the lowest of its maker', () => {
  assert.equal(typeOfHost(meeting('AMD EPYC Rome'))?.name, 'AMD EPYC Rome')
  assert.equal(typeOfHost({ ...meeting(skylake), guestModel: 'Skylake-Server-IBRS' })?.name, skylake)
  assert.equal(bestTypeOf({ vendor: 'GenuineIntel', flags: [], guestModel: 'qemu64' }), undefined)
  assert.equal(typeOfHost({ vendor: 'GenuineIntel', flags: [], guestModel: 'qemu64' })?.name, 'Intel Nehalem Family')
})
