import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readProbe, refusal, remarks } from './probe.ts'

const now = new Date('2026-11-30T00:00:00Z')
const of = { now, authority: 'aa', name: 'node1' }
const good = {
  uid: '0',
  arch: 'x86_64',
  memoryKiB: '8000000',
  diskKiB: '9000000',
  now: String(now.getTime() / 1000 + 30),
  virtualization: 'yes',
  resolves: '10.0.0.1',
  authority: '',
  missing: '',
}
const code = (change: Record<string, string>) => refusal({ ...good, ...change }, of)?.code

test('a machine is looked at before anything is changed, and told what it lacks (R5, R6, R8)', () => {
  assert.equal(refusal(good, of), undefined)
  assert.equal(code({ authority: 'aa' }), undefined, 'our own host, installed again')
  assert.equal(code({ uid: '1000' }), 'host.install.not_root')
  assert.equal(code({ arch: 'aarch64' }), 'host.install.architecture')
  assert.equal(code({ now: String(now.getTime() / 1000 - 3600) }), 'host.install.clock')
  assert.equal(code({ now: '' }), 'host.install.clock')
  assert.equal(code({ authority: 'bb' }), 'host.install.other_engine')
  assert.equal(code({ memoryKiB: '500000' }), 'host.install.memory')
  assert.equal(code({ diskKiB: '1000' }), 'host.install.disk')
  const missing = refusal({ ...good, missing: 'libvirtd nft ' }, of)
  assert.match(
    missing?.message ?? '',
    /apt-get install --no-install-recommends libvirt-daemon-system nftables\. Nothing was changed/,
  )
})

test('what is no reason to refuse is said', () => {
  assert.deepEqual(remarks(good), [])
  assert.equal(remarks({ ...good, virtualization: 'no', resolves: '', selinux: 'Enforcing' }).length, 3)
})

test('the lines of the look are read whatever a machine says', () => {
  assert.deepEqual(readProbe('motd\nuid=0\nos=A=B \n'), { uid: '0', os: 'A=B' })
})
