import assert from 'node:assert/strict'
import { test } from 'node:test'
import { confinementNotes } from '../../supervisor/libvirt.ts'
import { addressesOf, routeOf } from '../network.ts'
import { hostsLines, withLine } from '../hosts-file.ts'
import { closedTo } from '../rights.ts'
import { type AddressFacts, addressFindings } from './address.ts'
import { certificateFindings } from './certificate.ts'
import { cgroupsFindings } from './cgroups.ts'
import { type ClockFacts, clockFindings, skew } from './clock.ts'
import { type CpuFacts, cpuFindings } from './cpu.ts'
import { databaseFindings } from './database.ts'
import { diskFindings } from './disk.ts'
import { nftTables } from '../firewall/nft.ts'
import { type FirewallFacts, firewallFindings } from './firewall.ts'
import { instanceFindings } from './instance.ts'
import { keyFindings, wrongTypes } from './keys.ts'
import { libvirtFindings } from './libvirt.ts'
import { meminfo, memoryFindings } from './memory.ts'
import { type NamesFacts, namesFindings } from './names.ts'
import { nesting, outerOf } from './outer.ts'
import { packagesFindings } from './packages.ts'
import { permissionFindings } from './permissions.ts'
import { portFindings } from './ports.ts'
import { settingsFindings } from './settings.ts'
import { userFindings } from './user.ts'

const codes = (found: readonly { code: string }[]) => found.map(f => f.code.replace('doctor.', ''))
const MiB = 1024 ** 2
const GiB = 1024 ** 3

const cpu: CpuFacts = {
  count: 4,
  model: 'x',
  hasFlags: true,
  flag: 'vmx',
  virtual: false,
  outer: 'unknown',
  device: 'open',
  tried: undefined,
}

test('R6: each reason for software emulation has its own finding, and none of them blocks', () => {
  const of = (f: Partial<CpuFacts>) => cpuFindings({ ...cpu, ...f })
  assert.deepEqual(codes(of({})), ['cpu.ok'])
  assert.deepEqual(codes(of({ flag: undefined, virtual: true })), ['cpu.nested_no_flags'])
  assert.deepEqual(codes(of({ flag: undefined })), ['cpu.no_flags'])
  assert.deepEqual(codes(of({ device: 'absent' })), ['cpu.no_module'])
  assert.deepEqual(of({ device: 'absent', flag: 'svm' })[0]?.run, ['modprobe kvm_amd'])
  assert.deepEqual(codes(of({ device: 'closed' })), ['cpu.kvm_closed'])
  assert.deepEqual(codes(of({ tried: { kind: 'tcg', reason: 'it hung' } })), ['cpu.kvm_fails'])
  assert.deepEqual(codes(of({ count: 1 })), ['cpu.ok', 'cpu.few'])
  assert.ok(of({ flag: undefined, virtual: true, count: 1 }).every(f => f.verdict === 'poor'))
  assert.deepEqual(codes(of({ hasFlags: false, flag: undefined })), ['cpu.ok'], 'arm64 announces nothing by flags')
  assert.deepEqual(
    codes(of({ flag: undefined, tried: { kind: 'kvm', reason: 'ran' } })),
    ['cpu.ok'],
    'a guest that ran has the last word',
  )
})

test('R6: the cure speaks to what this machine runs in', () => {
  const outer = [
    'QEMU Standard PC',
    'VMware, Inc. VMware7,1',
    'innotek GmbH VirtualBox',
    'Microsoft Corporation Virtual Machine',
    'Xen HVM domU',
    'Amazon EC2 m5.large',
    '',
  ]
  assert.deepEqual(outer.map(outerOf), ['kvm', 'vmware', 'virtualbox', 'hyperv', 'xen', 'cloud', 'unknown'])
  const f = cpuFindings({ ...cpu, flag: undefined, virtual: true, outer: 'virtualbox' })[0]
  assert.deepEqual(f?.run, nesting.virtualbox.run)
  assert.match(nesting.kvm.run.join(), /host-passthrough/)
})

test('R79: 4 GB and even 2 GB are no reason to warn, too little for our own parts is', () => {
  const of = (available: number, running = false, limit?: number) =>
    codes(memoryFindings({ total: 2 * GiB, available, swapFree: 0, limit, running }))
  assert.deepEqual(of(1500 * MiB), ['memory.ok'])
  assert.deepEqual(of(700 * MiB), ['memory.little'])
  assert.deepEqual(of(700 * MiB, true), ['memory.ok'], 'our parts have theirs already')
  assert.deepEqual(of(300 * MiB), ['memory.short'])
  assert.deepEqual(of(1500 * MiB, false, 350 * MiB), ['memory.short'], 'the limit of a container counts')
  assert.deepEqual(meminfo('MemTotal: 4 kB\nMemAvailable:  2 kB\nSwapFree: 1 kB\n'), {
    total: 4096,
    available: 2048,
    swapFree: 1024,
  })
})

test('R130: a disk is full, low, out of files, read-only or in memory', () => {
  const disk = {
    dataDir: '/d',
    at: '/d',
    free: 50 * GiB,
    total: 90 * GiB,
    freeFiles: 10 ** 6,
    readOnly: false,
    inMemory: false,
  }
  assert.deepEqual(codes(diskFindings(disk)), ['disk.ok'])
  assert.deepEqual(codes(diskFindings({ ...disk, free: 500 * MiB })), ['disk.full'])
  assert.deepEqual(codes(diskFindings({ ...disk, free: 3 * GiB })), ['disk.low'])
  assert.deepEqual(codes(diskFindings({ ...disk, freeFiles: 10 })), ['disk.no_files_left'])
  assert.deepEqual(codes(diskFindings({ ...disk, freeFiles: undefined })), ['disk.ok'], 'btrfs does not count files')
  assert.deepEqual(codes(diskFindings({ ...disk, readOnly: true, inMemory: true })), [
    'disk.read_only',
    'disk.in_memory',
  ])
})

const address: AddressFacts = {
  addresses: [{ card: 'eth0', mac: '52:54:00:00:00:01', address: '192.0.2.10', prefix: 24, family: 4, dynamic: true }],
  route: { card: 'eth0', router: '192.0.2.1' },
  listen: '0.0.0.0',
  manager: 'NetworkManager',
  nameservers: ['192.0.2.53', '127.0.0.53'],
}

test('R130: an address lent by DHCP is made fixed in the words of whoever sets the card up', () => {
  const run = (manager: AddressFacts['manager']) => addressFindings({ ...address, manager })[0]?.run?.join('\n') ?? ''
  assert.match(
    run('NetworkManager'),
    /nmcli connection modify .* ipv4\.method manual ipv4\.addresses 192\.0\.2\.10\/24 ipv4\.gateway 192\.0\.2\.1 ipv4\.dns "192\.0\.2\.53"/,
  )
  assert.match(run('ifupdown'), /address 192\.0\.2\.10\/24\\n {4}gateway 192\.0\.2\.1/)
  assert.match(run('networkd'), /Address=192\.0\.2\.10\/24\\nGateway=192\.0\.2\.1\\nDNS=192\.0\.2\.53/)
  assert.match(run('netplan'), /netplan set ethernets\.eth0\.dhcp4=false/)
  assert.deepEqual(codes(addressFindings({ ...address, listen: '127.0.0.1' })), ['address.local_only'])
  assert.deepEqual(codes(addressFindings({ ...address, addresses: [] })), ['address.none'])
  assert.deepEqual(
    codes(addressFindings({ ...address, addresses: address.addresses.map(a => ({ ...a, dynamic: false })) })),
    ['address.ok'],
  )
})

test('what ip prints is read without the bridges of guests and of other programs', () => {
  const card = (ifname: string, dynamic?: boolean) => ({
    ifname,
    address: 'm',
    addr_info: [
      { family: 'inet', local: '192.0.2.10', prefixlen: 24, scope: 'global', ...(dynamic ? { dynamic } : {}) },
    ],
  })
  const json = JSON.stringify([card('lo'), card('eth0', true), card('rkabcdef0'), card('docker0'), card('virbr0')])
  assert.deepEqual(
    addressesOf(json, 'rkabcdef').map(a => [a.card, a.dynamic]),
    [
      ['lo', false],
      ['eth0', true],
    ],
  )
  assert.deepEqual(routeOf('[{"dst":"default","gateway":"192.0.2.1","dev":"eth0"}]'), {
    card: 'eth0',
    router: '192.0.2.1',
  })
  assert.equal(routeOf('[]'), undefined)
})

const hosts = '127.0.0.1 localhost\n192.0.2.10 ovirt.abc.local ovirt # ours\n'
const names: NamesFacts = {
  hostname: 'ovirt',
  fqdn: 'ovirt.abc.local',
  listen: '0.0.0.0',
  own: ['192.0.2.10'],
  hosts: hostsLines(hosts),
  forward: { 'ovirt.abc.local': ['192.0.2.10'], ovirt: ['192.0.2.10'], localhost: ['127.0.0.1', '::1'] },
  reverse: { '192.0.2.10': ['ovirt.abc.local', 'ovirt'] },
}
const leads = (...to: string[]) => ({ ...names.forward, 'ovirt.abc.local': to })

test('R74: forward and reverse names that are right, wrong, missing, loopback’s', () => {
  const of = (f: Partial<NamesFacts>) => codes(namesFindings({ ...names, ...f }))
  assert.deepEqual(of({}), ['names.ok'])
  assert.deepEqual(of({ forward: leads() }), ['names.unresolved'])
  assert.deepEqual(of({ forward: leads('127.0.1.1') }), ['names.loopback'])
  assert.deepEqual(
    of({ forward: leads('127.0.1.1'), listen: '127.0.0.1' }),
    ['names.ok'],
    'who serves only this machine needs no more',
  )
  assert.deepEqual(of({ forward: leads('10.9.9.9') }), ['names.elsewhere'])
  assert.deepEqual(of({ reverse: { '192.0.2.10': ['Old.abc.local.'] } }), ['names.reverse'])
  assert.deepEqual(of({ reverse: { '192.0.2.10': [] } }), ['names.ok'], 'no reverse name is common and harms nobody')
  assert.deepEqual(of({ forward: { ...names.forward, localhost: ['10.0.0.1'] } }), ['names.localhost'])
  assert.deepEqual(of({ hostname: 'my_machine' }), ['names.not_a_name'])
  assert.deepEqual(of({ fqdn: '192.0.2.10' }), ['names.ok'], 'an address needs no name')
})

test('R74: lines of the hosts file that the C library passes over are found, and the cure keeps what was right', () => {
  const lines = hostsLines('# c\n\nweb 192.0.2.5\n192.0.2.6\nfe80::1%eth0 link\n192.0.2.7 a b')
  assert.deepEqual(
    lines.map(l => [l.number, l.wrong ?? false]),
    [
      [3, true],
      [4, true],
      [5, false],
      [6, false],
    ],
  )
  const f = namesFindings({ ...names, hosts: lines })
  assert.deepEqual(f[0]?.run, [withLine(3, '192.0.2.5 web')])
  assert.equal(withLine(3, "a'b|c&d"), "cp /etc/hosts /etc/hosts.old && sed '3s|.*|abcd|' /etc/hosts.old > /etc/hosts")
})

const clock: ClockFacts = {
  now: 1_000_000,
  others: [],
  past: undefined,
  synchronised: true,
  keeper: 'chronyd',
  maySet: true,
}

test('R130, R131: skew is the least that fits between two looks, and more than a second is an alarm', () => {
  const other = (theirs: number, sent = 1_000, received = 1_400) => ({ who: same, sent, theirs, received })
  const same = { en: 'the engine', ko: '엔진' }
  assert.deepEqual(
    [1_000, 1_200, 1_400, 3_000, 0].map(at => skew(other(at))),
    [0, 0, 0, 1_600, -1_000],
  )
  assert.deepEqual(codes(clockFindings({ ...clock, others: [other(2_399)] })), ['clock.ok'])
  const [f] = clockFindings({ ...clock, others: [other(6_400)] })
  assert.deepEqual([f?.code, f?.verdict], ['doctor.clock.skew', 'bad'])
  assert.match(f?.what.en ?? '', /5\.0 s behind the engine/)
})

test('R130, R131: a clock that nobody keeps, one whose keeper gets no answer, one in the past', () => {
  const of = (f: Partial<ClockFacts>) => clockFindings({ ...clock, ...f })
  assert.deepEqual(codes(of({})), ['clock.ok'])
  assert.deepEqual(codes(of({ synchronised: false })), ['clock.no_source'])
  assert.deepEqual(codes(of({ synchronised: false, keeper: undefined })), ['clock.unsynchronised'])
  assert.match(
    of({ synchronised: false, keeper: undefined, maySet: false })[0]?.next?.en ?? '',
    /machine around this one/,
  )
  assert.deepEqual(codes(of({ synchronised: undefined, keeper: undefined })), ['clock.ok'])
  assert.deepEqual(codes(of({ past: 2_000_000 })), ['clock.behind'])
})

test('R75: the mistakes that instructions spread are recognised by the word', () => {
  assert.deepEqual(
    wrongTypes('# sh-rsa x\nssh-rsa A a\nsh-rsa A b\nno-pty sh-rsa A c\nshs-rsa A\nssh-ed25519 A sh-rsa'),
    [
      { line: 3, word: 'sh-rsa', right: 'ssh-rsa' },
      { line: 4, word: 'sh-rsa', right: 'ssh-rsa' },
      { line: 5, word: 'shs-rsa', right: 'ssh-rsa' },
    ],
  )
  const file = { name: 'authorized_keys', mode: 0o600, wrongTypes: [] }
  assert.deepEqual(codes(keyFindings({ folder: '/r/.ssh', folderMode: 0o700, files: [] })), ['keys.none'])
  assert.deepEqual(codes(keyFindings({ folder: '/r/.ssh', folderMode: 0o700, files: [file] })), ['keys.ok'])
  assert.deepEqual(codes(keyFindings({ folder: '/r/.ssh', folderMode: 0o777, files: [{ ...file, mode: 0o666 }] })), [
    'keys.mode',
    'keys.mode',
  ])
})

test('rights are judged as the kernel does: owner, else group, else others', () => {
  const user = { name: 'u', uid: 5, gids: [6] }
  const folder = (uid: number, gid: number, mode: number) => ({ path: '/f', uid, gid, mode })
  assert.ok(closedTo(user, folder(0, 0, 0o700)))
  assert.ok(!closedTo(user, folder(0, 0, 0o711)))
  assert.ok(closedTo(user, folder(5, 0, 0o077)), 'the owner’s bits count for the owner')
  assert.ok(!closedTo(user, folder(0, 6, 0o710)))
})

test('a folder closed to QEMU or of the wrong owner blocks; a closed one above does not', () => {
  const user = { name: 'libvirt-qemu', uid: 64055, gids: [36] }
  const open = { root: true, namespaces: true, dataDir: '/root/d', closedAbove: '/root', ways: [], owned: [] }
  assert.deepEqual(codes(permissionFindings(open)), ['permissions.ok'])
  const closed = permissionFindings({
    ...open,
    ways: [{ user, folders: [{ path: '/d/storage', uid: 0, gid: 36, mode: 0o700 }] }],
  })
  assert.deepEqual([codes(closed), closed[0]?.run], [['permissions.closed'], ["chmod g+x '/d/storage'"]])
  assert.deepEqual(
    codes(permissionFindings({ ...open, owned: [{ user, folder: { path: '/d', uid: 0, gid: 0, mode: 0o700 } }] })),
    ['permissions.owner'],
  )
  assert.deepEqual(codes(permissionFindings({ ...open, namespaces: false })), ['permissions.no_namespaces'])
})

test('a port is free, ours, another’s with its name, of an address that is gone, or root’s', () => {
  const port = { listen: '127.0.0.1', port: 8443, why: undefined, who: undefined, running: false, own: ['127.0.0.1'] }
  assert.deepEqual(codes(portFindings(port)), ['port.ok'])
  assert.deepEqual(codes(portFindings({ ...port, why: 'EADDRINUSE', running: true })), ['port.ours'])
  const taken = portFindings({ ...port, why: 'EADDRINUSE', who: 'nginx (process 7)' })[0]
  assert.match(`${taken?.code} ${taken?.why?.en} ${taken?.run}`, /port\.taken nginx \(process 7\) .*--port 9443/)
  assert.deepEqual(codes(portFindings({ ...port, why: 'EADDRNOTAVAIL' })), ['port.no_such_address'])
  assert.deepEqual(codes(portFindings({ ...port, why: 'EACCES' })), ['port.needs_root'])
  assert.deepEqual(codes(portFindings({ ...port, why: 'EIO' })), ['port.refused'])
})

test('packages, libvirt, control groups, database files, settings and user', () => {
  assert.deepEqual(codes(packagesFindings({ wanted: 2, missing: [] })), ['packages.ok'])
  assert.match(packagesFindings({ wanted: 2, missing: ['tini'] })[0]?.run?.[0] ?? '', /apt-get install .* tini$/)
  const program = { program: '/usr/sbin/libvirtd' }
  assert.deepEqual(codes(libvirtFindings({ programs: [program], user: false })), ['libvirt.not_installed'])
  assert.deepEqual(codes(libvirtFindings({ programs: [{ ...program, version: '9' }], user: true })), ['libvirt.ok'])
  assert.deepEqual(codes(libvirtFindings({ programs: [{ ...program, version: '9' }], user: false })), [
    'libvirt.no_user',
  ])
  assert.deepEqual(codes(libvirtFindings({ programs: [{ ...program, error: 'lib' }], user: true })), ['libvirt.broken'])
  assert.deepEqual(codes(cgroupsFindings({ writable: false })), ['cgroups.read_only'])
  assert.deepEqual(codes(databaseFindings({ outside: false, ours: 18, found: 15 })), ['database.other_version'])
  assert.deepEqual(codes(databaseFindings({ outside: true, ours: 18, found: undefined })), ['database.outside'])
  const settings = { file: '/f', dataDir: '/d', createdAt: undefined, broken: undefined }
  assert.deepEqual(codes(settingsFindings({ ...settings, broken: 'it is no JSON' })), ['settings.broken'])
  assert.deepEqual(codes(settingsFindings(settings)), ['settings.none'])
  assert.deepEqual(codes(userFindings({ root: false, rootsInstance: true })), ['user.not_owner'])
})

test('a certificate that ends, is about to, or lacks an address that people use', () => {
  const both = { dns: ['a'], ip: ['127.0.0.1'] }
  assert.deepEqual(codes(certificateFindings(undefined)), ['certificate.none'])
  assert.deepEqual(codes(certificateFindings({ names: both, wanted: both, daysLeft: 200 })), ['certificate.ok'])
  assert.deepEqual(codes(certificateFindings({ names: both, wanted: both, daysLeft: 20 })), ['certificate.soon'])
  assert.deepEqual(codes(certificateFindings({ names: both, wanted: both, daysLeft: -1 })), ['certificate.expired'])
  const f = certificateFindings({ names: both, wanted: { ...both, ip: ['127.0.0.1', '192.0.2.10'] }, daysLeft: 200 })
  assert.match(`${f[0]?.code} ${f[0]?.what.ko}`, /certificate\.names .*192\.0\.2\.10/)
})

test('an instance that stands still blocks nothing, one whose part fails does', () => {
  const instance = {
    running: true,
    unseen: false,
    healthy: true,
    rss: 1,
    problems: [],
    notes: [],
    vmsLeft: 0,
    userGone: false,
  }
  assert.deepEqual(codes(instanceFindings(instance)), ['instance.ok'])
  assert.deepEqual(codes(instanceFindings({ ...instance, running: false })), ['instance.stopped'])
  assert.deepEqual(
    codes(instanceFindings({ ...instance, healthy: false, problems: ['x'], notes: ['y'], userGone: true })),
    ['instance.no_user', 'instance.problem', 'instance.note'],
  )
})

test('what status notes about isolation is said in both languages', () => {
  const all = confinementNotes({ security: 'none', deviceNamespaces: false, cgroups: false })
  const found = instanceFindings({
    running: true,
    unseen: false,
    healthy: true,
    rss: 1,
    problems: [],
    notes: all,
    vmsLeft: 0,
    userGone: false,
  })
  const notes = found.filter(f => f.code === 'doctor.instance.note')
  assert.equal(notes.length, 2, 'control groups have a check of their own')
  for (const f of notes) assert.match(f.why?.ko ?? '', /[가-힣]/)
})

const closedTables = nftTables(
  JSON.stringify({
    nftables: [
      { table: { family: 'inet', name: 'filter' } },
      ...['input', 'forward'].map(hook => ({
        chain: { family: 'inet', table: 'filter', name: hook, type: 'filter', hook, prio: 0, policy: 'drop' },
      })),
    ],
  }),
)

test('R76: before the first up only what will be needed is asked of the firewall', () => {
  const facts: FirewallFacts = {
    tables: closedTables,
    listen: '127.0.0.1',
    port: 8443,
    imagesPort: 54322,
    agentPort: 54321,
    card: 'eth0',
    guests: true,
    bridges: 'rk',
    bridge: 'rk0',
    services: [],
  }
  const of = (f: Partial<FirewallFacts>) => codes(firewallFindings({ ...facts, ...f }))
  assert.deepEqual(of({}), ['firewall.loopback_closed', 'firewall.guests_no_dhcp', 'firewall.guests_no_way_out'])
  assert.deepEqual(of({ listen: '0.0.0.0', guests: false }), ['firewall.loopback_closed', 'firewall.port_closed'])
  assert.deepEqual(of({ listen: '0.0.0.0', guests: false, card: undefined }), ['firewall.loopback_closed'])
  assert.deepEqual(of({ tables: undefined }), ['firewall.unseen'])
  assert.deepEqual(of({ tables: [] }), ['firewall.none'])
  assert.deepEqual(of({ tables: [], services: ['NetworkManager'] }), ['firewall.services'])
})
