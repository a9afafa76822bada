import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, beforeEach, describe, test } from 'node:test'
import { issue, makeAuthority } from '@rookery/pki/x509'
import { isRoot } from '../../src/system/account.ts'
import type { Found } from '../../src/doctor/examine.ts'
import { until } from '../../src/testing/until.ts'
import { type Report, settle, World } from './world.ts'

const skip = isRoot() ? false : 'needs root for namespaces of its own'

const withDaemon =
  existsSync('/usr/sbin/firewalld') && existsSync('/usr/bin/dbus-daemon')
    ? false
    : 'needs the packages firewalld and dbus'

/** A guest's bridge of the instance that the tests set up. */
const bridge = 'rkabcdef0'
const port = 8443
const dropsAll = `table inet filter {
  chain input { type filter hook input priority filter; policy drop;
    ct state vmap { established : accept, related : accept, invalid : drop }
    iifname lo accept
    ip protocol icmp accept
    tcp dport { 22, 80 } accept
  }
  chain forward { type filter hook forward priority filter; policy drop; }
}`

// Two machines on one wire and a guest on a bridge of the first: what the doctor calls closed is tried by a real connection, and its
// cures are run as they are printed.
describe('the doctor on the network', { skip, timeout: 180_000 }, () => {
  let world: World
  let peer: World
  let guest: World

  before(async () => {
    ;[world, peer, guest] = await Promise.all([World.make('ovirt'), World.make('peer'), World.make('guest')])
    await settle(world.dataDir, { listen: '0.0.0.0', port })
    await world.run(`
      ip link add eth0 type veth peer name away netns ${peer.pid}
      ip link add tap0 type veth peer name eth0 netns ${guest.pid}
      ip link add ${bridge} type bridge; ip link set tap0 master ${bridge}
      ip address add 10.99.1.1/24 dev ${bridge}; ip link set ${bridge} up; ip link set tap0 up
      ip address add 192.0.2.10/24 dev eth0; ip link set eth0 up
      ip route add default via 192.0.2.1
      echo 1 > /proc/sys/net/ipv4/ip_forward`)
    await peer.run(
      'ip address add 192.0.2.1/24 dev away; ip link set away up; ip route add 10.99.1.0/24 via 192.0.2.10',
    )
    await guest.run('ip address add 10.99.1.2/24 dev eth0; ip link set eth0 up; ip route add default via 10.99.1.1')
    await world.cover('/etc/hosts', '127.0.0.1 localhost\n192.0.2.10 ovirt.abc.local ovirt\n')
    await world.cover('/etc/resolv.conf', '')
    await world.start([process.execPath, '-e', servers('0.0.0.0', port, 53)])
    await peer.start([process.execPath, '-e', servers('0.0.0.0', 443, 53)])
  })
  beforeEach(() => world.run('nft flush ruleset'))
  after(() => Promise.all([world, peer, guest].map(w => w?.close())))

  const cures = async (report: Report, codes: RegExp): Promise<Found[]> => {
    const found = report.findings.filter(f => codes.test(f.code))
    for (const command of found.flatMap(f => f.run ?? [])) await world.run(command)
    return found
  }
  const firewall = (report: Report) =>
    report.findings.filter(f => f.topic === 'firewall').map(f => [f.code.split('.').at(-1), f.verdict].join(' '))
  /** What gets through, tried for real: the console from the peer, names and the way out from the guest. */
  const tried = async () => {
    const all = [connects(peer, '192.0.2.10', port), asks(guest, '10.99.1.1'), connects(guest, '192.0.2.1', 443)]
    const [console, dns, out] = await Promise.all(all)
    return { console, dns, out }
  }
  const everything = { console: true, dns: true, out: true }
  const nothing = { console: false, dns: false, out: false }

  test('R76, R131: with no rules at all everything gets through, and the doctor agrees', async () => {
    assert.deepEqual(await tried(), everything)
    assert.deepEqual(firewall(await world.doctor()), ['none good'])
  })

  test('R76: with default-deny nftables the very ports and chains are named, and the printed commands open them', async () => {
    await world.run(`nft -f - <<'E'\n${dropsAll}\nE`)
    assert.deepEqual(await tried(), nothing)
    const report = await world.doctor()
    assert.deepEqual(firewall(report), ['port_closed bad', 'guests_no_dhcp poor', 'guests_no_way_out poor'])
    const [closed, dhcp, out] = report.findings.filter(f => f.topic === 'firewall')
    assert.match(closed?.what.en ?? '', /8443\/tcp \(console and API\), 54322\/tcp .*5900-6923\/tcp/)
    assert.match(closed?.why?.en ?? '', /chain nft inet filter input drops what no rule accepts/)
    assert.match(dhcp?.why?.en ?? '', /67\/udp \(DHCP\), 53\/udp \(DNS\).*rkabcdef\*/)
    assert.match(out?.why?.en ?? '', /inet filter forward/)
    neverOff(report)
    await cures(report, /firewall/)
    assert.deepEqual(await tried(), everything)
    assert.deepEqual(firewall(await world.doctor()), ['ok good'])
  })

  test('R76: the same with iptables', async () => {
    await world.run(`
      iptables -P INPUT DROP; iptables -P FORWARD DROP; iptables -A INPUT -i lo -j ACCEPT
      iptables -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
      iptables -A INPUT -p tcp -m multiport --dports 22,80 -m comment --comment 'web and ssh' -j ACCEPT`)
    assert.deepEqual(await tried(), nothing)
    const report = await world.doctor()
    assert.deepEqual(firewall(report), ['port_closed bad', 'guests_no_dhcp poor', 'guests_no_way_out poor'])
    assert.match(report.findings.find(f => f.topic === 'firewall')?.why?.en ?? '', /chain iptables ip filter INPUT/)
    await cures(report, /firewall/)
    assert.deepEqual(await tried(), everything)
    assert.deepEqual(firewall(await world.doctor()), ['ok good'])
  })

  test('R131: firewalld and NetworkManager are on and stay on; the doctor speaks to firewalld in its own commands', async () => {
    const rules = join(import.meta.dirname, 'recorded/firewalld.nft')
    await world.run(`mount -t tmpfs tmpfs /run; mkdir /run/NetworkManager; nft -f '${rules}'`)
    assert.deepEqual(await tried(), { ...nothing, out: true })
    const report = await world.doctor()
    assert.deepEqual(firewall(report), ['port_closed bad', 'guests_no_dhcp poor'])
    const [closed, dhcp] = report.findings.filter(f => f.topic === 'firewall')
    assert.match(
      closed?.why?.en ?? '',
      /nft inet firewalld filter_INPUT → filter_INPUT_ZONES → filter_IN_public rejects|rejects it/,
    )
    assert.deepEqual(closed?.run, [
      'firewall-cmd --permanent --zone=public --add-port=8443/tcp --add-port=54322/tcp --add-port=5900-6923/tcp && firewall-cmd --reload',
    ])
    assert.ok(dhcp?.run?.includes('firewall-cmd --permanent --zone=rookery --add-interface=rkabcdef+'))
    neverOff(report)
    // What those commands make of the rules, where the daemon itself does not run.
    await world.run(`nft add rule inet firewalld filter_IN_public_allow tcp dport '{ 8443, 54322, 5900-6923 }' accept
      nft add chain inet firewalld filter_IN_rookery '{ udp dport { 53, 67 } accept; }'
      nft insert rule inet firewalld filter_INPUT_ZONES iifname "rkabcdef*" goto filter_IN_rookery`)
    assert.deepEqual(await tried(), everything)
    const open = await world.doctor()
    assert.deepEqual(firewall(open), ['services good'])
    assert.match(
      open.findings.find(f => f.code === 'doctor.firewall.services')?.what.en ?? '',
      /NetworkManager and firewalld: on, and may stay on/,
    )
    await world.run('umount /run')
  })

  test('R131: the printed commands, run by the real firewalld', { skip: withDaemon }, async () => {
    // Its own bus, configuration and log, so that a firewalld of this machine notices nothing.
    await world.run(`mount -t tmpfs tmpfs /run; mount -t tmpfs tmpfs /var/log; mkdir -p /run/dbus /run/firewalld
      [ -L /var/run ] || mount --bind /run /var/run
      mount -t tmpfs tmpfs /usr/share/dbus-1/system-services; mount -t tmpfs tmpfs /etc/firewalld; cd /etc/firewalld; mkdir zones policies services ipsets icmptypes helpers`)
    await world.start(['sh', '-c', 'echo; exec dbus-daemon --system --nofork --nopidfile 2>/dev/null'])
    const daemon = await world.start(['sh', '-c', 'echo; exec firewalld --nofork --nopid 2>/dev/null'])
    await until(async () => (await world.try('firewall-cmd --state')).code === 0)
    await world.run('firewall-cmd --zone=public --change-interface=eth0')
    assert.deepEqual(await tried(), { ...nothing, out: true })
    const report = await world.doctor()
    assert.deepEqual(firewall(report), ['port_closed bad', 'guests_no_dhcp poor'])
    await cures(report, /firewall/)
    assert.deepEqual(await tried(), everything)
    assert.deepEqual(firewall(await world.doctor()), ['services good'])
    daemon.kill('SIGKILL')
    await world.run('umount --lazy /etc/firewalld /var/log /run')
  })

  test('R74: a wrong address in the hosts file, and an address that leads back to another name', async () => {
    await hosts('127.0.0.1 localhost\n10.9.9.9 ovirt.abc.local ovirt\n192.0.2.10 old.abc.local\n')
    const report = await world.doctor()
    assert.deepEqual(names(report), ['elsewhere poor', 'reverse poor'])
    const f = report.findings.find(x => x.code === 'doctor.names.elsewhere')
    assert.match(
      f?.why?.en ?? '',
      /Line 2 of \/etc\/hosts says "10\.9\.9\.9 ovirt\.abc\.local ovirt".*This machine has 192\.0\.2\.10/,
    )
    await cures(report, /names/)
    assert.deepEqual(names(await world.doctor()), ['ok good'])
  })

  test('R74: 127.0.1.1 and a line whose name stands before the address; a certificate without the address that people use', async () => {
    await hosts('127.0.0.1 localhost\n127.0.1.1 ovirt.abc.local ovirt\ngw.abc.local 192.0.2.1\n')
    await certificateFor(world, ['ovirt.abc.local', 'ovirt', 'localhost'], ['127.0.0.1', '::1', '192.0.2.77'])
    const report = await world.doctor()
    assert.deepEqual(names(report), ['hosts_line poor', 'loopback poor'])
    assert.match(report.findings.find(f => f.code === 'doctor.certificate.names')?.what.en ?? '', /192\.0\.2\.10/)
    await cures(report, /names\./)
    assert.deepEqual(names(await world.doctor()), ['ok good'])
    assert.match(await world.run('getent hosts gw.abc.local'), /192\.0\.2\.1\b/)
  })

  test('R130: an address that DHCP lent is told apart from a fixed one; R74: a name that leads nowhere', async () => {
    await hosts('127.0.0.1 localhost\n')
    const fixed = await world.doctor()
    assert.equal(fixed.findings.find(f => f.topic === 'address')?.code, 'doctor.address.ok')
    assert.deepEqual(names(fixed), ['unresolved poor'])
    await world.run('ip address change 192.0.2.10/24 dev eth0 valid_lft 3600 preferred_lft 3600')
    const f = (await world.doctor()).findings.find(x => x.topic === 'address')
    assert.equal(f?.code, 'doctor.address.dynamic')
    assert.match(f?.next?.en ?? '', /let the DHCP server always give 192\.0\.2\.10 to ([0-9a-f]{2}:){5}/)
    await world.run('ip address change 192.0.2.10/24 dev eth0 valid_lft forever preferred_lft forever')
  })

  const hosts = (text: string) => world.run(`cat > /etc/hosts <<'E'\n${text}E`)
  const names = (report: Report) =>
    report.findings.filter(f => f.topic === 'names').map(f => [f.code.split('.').at(-1), f.verdict].join(' '))
})

/** No cure may switch a firewall off or loosen it as a whole. */
function neverOff(report: Report): void {
  const text = JSON.stringify(report.findings.filter(f => f.topic === 'firewall'))
  assert.doesNotMatch(
    text,
    /systemctl (stop|disable)|setenforce|flush|-P (INPUT|FORWARD) ACCEPT|policy accept|ufw disable/,
  )
}

/** A program that takes TCP connections at one port and answers datagrams at another. */
const servers = (host: string, tcp: number, udp: number): string => `
  const d = require('dgram').createSocket('udp4')
  d.on('message', (m, from) => d.send(m, from.port, from.address))
  d.bind(${udp}, '${host}', () => require('net').createServer(s => s.end()).listen(${tcp}, '${host}', () => console.log('ready')))`

/** Whether a connection from a world comes about within a second. */
async function connects(from: World, host: string, to: number): Promise<boolean> {
  const done = await from.try(`timeout 1 bash -c 'exec 3<>/dev/tcp/${host}/${to}'`)
  return done.code === 0
}

/** Whether a datagram to port 53 is answered within a second. */
async function asks(from: World, host: string): Promise<boolean> {
  const done = await from.try(
    `timeout 1 bash -c 'exec 3<>/dev/udp/${host}/53; echo hello >&3; head -c 1 <&3 >/dev/null'`,
  )
  return done.code === 0
}

async function certificateFor(world: World, dns: string[], ip: string[]): Promise<void> {
  const authority = await makeAuthority({ commonName: 'test', organization: 'test' })
  const { cert } = await issue(authority, {
    commonName: 'ovirt',
    organization: 'test',
    purpose: { server: { dns, ip } },
  })
  await mkdir(join(world.dataDir, 'engine/tls'), { recursive: true })
  await writeFile(join(world.dataDir, 'engine/tls/server.crt'), cert)
}
