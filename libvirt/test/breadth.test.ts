/**
 * As many procedures as libvirt's built-in `test:///default` driver answers. It holds everything in memory: a domain, a
 * network, an interface, a pool, devices. Nothing here can touch the machine.
 */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import {
  type CallArgs,
  type CallRet,
  constants,
  fromTypedParams,
  isLibvirtError,
  LibvirtError,
  type Libvirt,
  type ProcedureName,
  procedures,
  typed,
} from '../src/index.ts'
import { missingForDaemons, TestDaemon } from './daemon.ts'
import { sampleOf } from './samples.ts'

const missing = await missingForDaemons()

describe("libvirt's test driver", { skip: missing ?? false }, () => {
  let daemon: TestDaemon
  let libvirt: Libvirt
  const succeeded = new Set<ProcedureName>()

  /** `call`, keeping account of what worked. */
  const call = async <N extends ProcedureName>(name: N, args: CallArgs<N>): Promise<CallRet<N>> => {
    const ret = await libvirt.call(name, args)
    succeeded.add(name)
    return ret
  }

  before(async () => {
    daemon = await TestDaemon.start()
    libvirt = await daemon.connect({ uri: 'test:///default' })
  })
  after(async () => {
    await libvirt?.close()
    await daemon?.stop()
  })

  test('the host', async () => {
    assert.equal((await call('connectGetType', undefined)).type, 'TEST')
    assert.equal((await call('connectGetUri', undefined)).uri, 'test:///default')
    assert.equal((await call('connectIsSecure', undefined)).secure, 1)
    assert.equal((await call('nodeGetInfo', undefined)).cpus, 16)
    assert.equal((await call('connectGetMaxVcpus', { type: null })).maxVcpus, 32)
    assert.ok((await call('nodeGetFreeMemory', undefined)).freeMem > 0n)
    assert.equal((await call('nodeGetCellsFreeMemory', { startCell: 0, maxcells: 2 })).cells.length, 2)
    const { cpumap, online } = await call('nodeGetCpuMap', { needMap: 1, needOnline: 1, flags: 0 })
    assert.ok(cpumap.length > 0 && online > 0)
    assert.match((await call('connectGetSysinfo', { flags: 0 })).sysinfo, /<sysinfo/)
    assert.match(
      await call('nodeGetSecurityModel', undefined).then(r => Buffer.from(r.model).toString()),
      /testSecurity/,
    )
  })

  test('a domain: numbers, tuning, vCPUs, interfaces', async () => {
    const { ids } = await call('connectListDomains', { maxids: 10 })
    assert.deepEqual(ids, [1])
    const { dom } = await call('domainLookupById', { id: 1 })
    assert.equal(dom.name, 'test')
    assert.equal((await call('domainGetOsType', { dom })).type, 'linux')
    assert.equal((await call('domainGetMaxMemory', { dom })).memory, 8388608n)
    assert.equal((await call('domainGetVcpusFlags', { dom, flags: 0 })).num, 2)
    const { info, cpumaps } = await call('domainGetVcpus', { dom, maxinfo: 2, maplen: 2 })
    assert.deepEqual([info.length, cpumaps.length], [2, 4])
    await call('domainPinVcpu', { dom, vcpu: 0, cpumap: Buffer.from([1, 0]) })
    const pinned = await call('domainGetVcpuPinInfo', { dom, ncpumaps: 2, maplen: 2, flags: 0 })
    assert.equal(pinned.cpumaps[0], 1)
    const { type, nparams } = await call('domainGetSchedulerType', { dom })
    assert.equal(type, 'fair')
    const before = await call('domainGetSchedulerParameters', { dom, nparams })
    assert.deepEqual({ ...fromTypedParams(before.params) }, { weight: 50 })
    await call('domainSetSchedulerParameters', { dom, params: [{ field: 'weight', value: typed.uint(60) }] })
    await call('domainSetMemoryParameters', {
      dom,
      params: [{ field: 'hard_limit', value: typed.ullong(1 << 20) }],
      flags: 0,
    })
    const memory = await call('domainGetMemoryParameters', { dom, nparams: 3, flags: 0 })
    assert.equal(fromTypedParams(memory.params)['hard_limit'], 1 << 20)
    assert.ok((await call('domainInterfaceStats', { dom, device: 'testnet0' }).catch(refused)) !== undefined)
    const addresses = await call('domainInterfaceAddresses', { dom, source: 0, flags: 0 })
    assert.equal(addresses.ifaces[0]?.name, 'testnet0')
    assert.equal(addresses.ifaces[0]?.addrs[0]?.prefix, 24)
    assert.ok((await call('domainMemoryStats', { dom, maxStats: 8, flags: 0 })).stats.length > 2)
    const cpu = await call('domainGetCpuStats', { dom, nparams: 3, startCpu: -1, ncpus: 1, flags: 0 })
    assert.ok(cpu.params.some(param => param.field === 'cpu_time'))
    assert.deepEqual((await call('domainGetTime', { dom, flags: 0 })).seconds, 627319920n)
    assert.equal((await call('domainGetHostname', { dom, flags: 0 })).hostname, 'testhost')
    const { info: filesystems } = await call('domainGetFsinfo', { dom, flags: 0 })
    assert.deepEqual(
      filesystems.map(fs => fs.mountpoint),
      ['/', '/boot'],
    )
    await call('domainSetUserPassword', { dom, user: 'root', password: 'x', flags: 0 })
    await call('domainSendKey', { dom, codeset: 0, holdtime: 0, keycodes: [30, 48], flags: 0 })
    await call('domainInjectNmi', { dom, flags: 0 })
    const peek = await call('domainMemoryPeek', { dom, offset: 0n, size: 8, flags: 1 })
    assert.equal(peek.buffer.length, 8)
  })

  test('snapshots and checkpoints', async () => {
    const { dom } = await call('domainLookupByName', { name: 'test' })
    const xmlDesc = '<domainsnapshot><name>one</name></domainsnapshot>'
    const { snap } = await call('domainSnapshotCreateXml', { dom, xmlDesc, flags: 0 })
    assert.equal(snap.name, 'one')
    await call('domainSnapshotCreateXml', { dom, xmlDesc: xmlDesc.replace('one', 'two'), flags: 0 })
    assert.equal((await call('domainSnapshotNum', { dom, flags: 0 })).num, 2)
    const { names } = await call('domainSnapshotListNames', { dom, maxnames: 5, flags: 0 })
    assert.deepEqual(names.sort(), ['one', 'two'])
    const all = await call('domainListAllSnapshots', { dom, needResults: 1, flags: 0 })
    assert.equal(all.snapshots.length, 2)
    assert.equal((await call('domainSnapshotCurrent', { dom, flags: 0 })).snap.name, 'two')
    const two = await call('domainSnapshotLookupByName', { dom, name: 'two', flags: 0 })
    assert.equal((await call('domainSnapshotGetParent', { snap: two.snap, flags: 0 })).snap.name, 'one')
    await call('domainRevertToSnapshot', { snap, flags: 0 })
    await call('domainSnapshotDelete', { snap, flags: constants.VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN })
    assert.equal((await call('domainHasCurrentSnapshot', { dom, flags: 0 })).result, 0)
  })

  test('networks', async () => {
    const { nets } = await call('connectListAllNetworks', { needResults: 1, flags: 0 })
    assert.deepEqual(
      nets.map(net => net.name),
      ['default'],
    )
    const xml = "<network><name>second</name><bridge name='lv9'/></network>"
    const { net } = await call('networkDefineXml', { xml })
    await call('networkSetAutostart', { net, autostart: 1 })
    assert.equal((await call('networkGetAutostart', { net })).autostart, 1)
    await call('networkCreate', { net })
    assert.equal((await call('networkIsActive', { net })).active, 1)
    assert.equal((await call('networkGetBridgeName', { net })).name, 'lv9')
    assert.match((await call('networkGetXmlDesc', { net, flags: 0 })).xml, /second/)
    await call('networkDestroy', { net })
    await call('networkUndefine', { net })
    assert.equal((await call('connectNumOfNetworks', undefined)).num, 1)
  })

  test('interfaces and node devices', async () => {
    const { iface } = await call('interfaceLookupByName', { name: 'eth1' })
    assert.equal((await call('interfaceLookupByMacString', { mac: iface.mac })).iface.name, 'eth1')
    await call('interfaceChangeBegin', { flags: 0 })
    await call('interfaceDestroy', { iface, flags: 0 })
    assert.equal((await call('interfaceIsActive', { iface })).active, 0)
    await call('interfaceChangeRollback', { flags: 0 })
    const { devices } = await call('connectListAllNodeDevices', { needResults: 1, flags: 0 })
    assert.ok(devices.length > 3)
    const caps = await call('nodeDeviceListCaps', { name: 'computer', maxnames: 9 })
    assert.deepEqual(caps.names, ['system'])
  })

  test('storage pools and volumes', async () => {
    const { pool } = await call('storagePoolLookupByName', { name: 'default-pool' })
    assert.equal((await call('storagePoolGetInfo', { pool })).capacity, 107374182400n)
    const xml = '<volume><name>v1</name><capacity>1048576</capacity></volume>'
    const { vol } = await call('storageVolCreateXml', { pool, xml, flags: 0 })
    assert.equal((await call('storageVolGetInfo', { vol })).capacity, 1048576n)
    const { name: path } = await call('storageVolGetPath', { vol })
    assert.equal((await call('storageVolLookupByPath', { path })).vol.name, 'v1')
    assert.equal((await call('storagePoolListAllVolumes', { pool, needResults: 1, flags: 0 })).vols.length, 1)
    assert.equal((await call('storagePoolLookupByVolume', { vol })).pool.name, 'default-pool')
    const clone = { pool, xml: xml.replace('v1', 'v2'), clonevol: vol, flags: 0 }
    assert.equal((await call('storageVolCreateXmlFrom', clone)).vol.name, 'v2')
    await call('storageVolDelete', { vol, flags: 0 })
  })

  test('the daemon understands the arguments of every procedure there is', async t => {
    const unsendable = new Set<ProcedureName>([
      'connectClose',
      'authList',
      'authPolkit',
      'authSaslInit',
      'authSaslStart',
      'authSaslStep',
      'connectOpen',
      // Wants a descriptor beside the message.
      'domainCreateWithFiles',
      'domainCreateXmlWithFiles',
      'domainOpenGraphics',
      'domainOpenGraphicsFd',
      'domainFdAssociate',
      'qemuDomainMonitorCommandWithFiles',
    ])
    const names = (Object.keys(procedures) as ProcedureName[]).filter(
      name => !procedures[name].event && !unsendable.has(name),
    )
    const refusals: string[] = []
    // The driver forgets everything with its last connection, so each procedure meets the same fresh world.
    await libvirt.close()
    for (const name of names) {
      await using fresh = await daemon.connect({ uri: 'test:///default', reconnect: false })
      const args = sampleOf(procedures[name].args.shape) as never
      try {
        if (procedures[name].stream) (await fresh.stream(name, args)).stream.on('error', () => {}).destroy()
        else await fresh.call(name, args)
        succeeded.add(name)
      } catch (error) {
        // Refusing is fine: no such thing, not supported, not in this state. Not understanding is not.
        assert.ok(error instanceof LibvirtError, `${name}: ${String(error)}`)
        assert.doesNotMatch(
          error.message,
          /decode message payload|unknown procedure|program mismatch|cannot be read/i,
          name,
        )
        refusals.push(`${name}: ${error.codeName} ${error.message}`)
      }
      assert.equal(fresh.state, 'up', `${name} cost the connection`)
    }
    if (process.env['LIBVIRT_TEST_VERBOSE']) t.diagnostic(refusals.join('\n'))
    t.diagnostic(`${names.length} procedures sent, ${refusals.length} refused with a reason`)
    t.diagnostic(`${succeeded.size} of ${names.length} procedures succeeded on the test driver`)
    assert.ok(succeeded.size >= 150, `only ${succeeded.size} succeeded`)
  })
})

function refused(error: unknown): LibvirtError {
  assert.ok(isLibvirtError(error))
  return error
}
