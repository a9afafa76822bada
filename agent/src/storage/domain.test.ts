import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { StorageReport } from '@rookery/protocol'
import { type StorageBench, storageBench, testDomain, testVolume } from './testing.ts'

const MiB = 1024 * 1024
const root = process.getuid?.() === 0

/** Waits for a report of the domain that fits; fails after 20 s with the last one. */
async function until(
  bench: StorageBench,
  id: string,
  fits: (report: StorageReport) => boolean,
): Promise<StorageReport> {
  const deadline = Date.now() + 60_000
  for (;;) {
    const report = bench.storage.reports().find(r => r.storageDomainId === id)
    if (report !== undefined && fits(report)) return report
    if (Date.now() > deadline) assert.fail(`no such report; the last is ${JSON.stringify(report)}`)
    await pause(20)
  }
}

describe('a storage domain', () => {
  let bench: StorageBench
  beforeEach(async () => {
    bench = await storageBench()
  })
  afterEach(() => bench.close())

  test('is made in the layout of oVirt V5, sizes and modes included', async () => {
    const { path, storageDomainId } = await testDomain(bench)
    const dir = `${path}/${storageDomainId}`
    assert.deepEqual(readdirSync(path), [storageDomainId])
    assert.deepEqual(readdirSync(`${dir}/dom_md`).sort(), ['ids', 'inbox', 'leases', 'metadata', 'outbox'])
    const expected = { ids: MiB, inbox: 16 * MiB, leases: 2 * MiB, outbox: 16 * MiB }
    for (const [name, size] of Object.entries(expected)) {
      const found = statSync(`${dir}/dom_md/${name}`)
      assert.equal(found.size, size, name)
      assert.equal(found.mode & 0o777, 0o660, name)
      assert.equal(found.blocks, 0, name)
    }
    for (const folder of [dir, `${dir}/dom_md`, `${dir}/images`])
      assert.equal(statSync(folder).mode & 0o777, 0o755, folder)
    assert.equal(statSync(`${dir}/dom_md/metadata`).mode & 0o777, 0o644)
    if (root) for (const place of [dir, `${dir}/dom_md/metadata`]) assert.equal(statSync(place).uid, 36)
  })

  test('shows below the mount root under the name that oVirt would give it', async () => {
    const { path, storageDomainId } = await testDomain(bench)
    const point = `${bench.dir}/run/mnt/${path.replaceAll('_', '__').replaceAll('/', '_')}`
    assert.equal(statSync(`${point}/${storageDomainId}`).ino, statSync(`${path}/${storageDomainId}`).ino)
    await bench.run('storage.disconnect', { storageDomainId })
    assert.ok(!existsSync(point))
    assert.ok(existsSync(path))
    assert.throws(
      () => bench.storage.volumePath({ storageDomainId, imageId: storageDomainId, volumeId: storageDomainId }),
      { code: 'storage.not_connected' },
    )
    await bench.run('storage.disconnect', { storageDomainId })
  })

  test('can be asked for again, also while another one is refused its place', async () => {
    const { path, storageDomainId } = await testDomain(bench)
    const connection = { type: 'localfs' as const, path }
    await bench.run('storage.create', { storageDomainId, connection, type: 'data', name: 'whatever' })
    await assert.rejects(
      bench.run('storage.create', { storageDomainId: randomUUID(), connection, type: 'data', name: 'second' }),
      (error: Error & { code?: string }) => {
        assert.equal(error.code, 'storage.not_empty')
        assert.match(error.message, /"data domain" \(data, id .*attached to data center .*Import it/)
        return true
      },
    )
  })

  test('of the POSIX kind is mounted where it is used, on each host that connects it', { skip: !root }, async () => {
    const storageDomainId = randomUUID()
    const path = `${bench.dir}/data/export_1`
    mkdirSync(path, { recursive: true })
    const connection = { type: 'posixfs' as const, path, vfsType: 'none', mountOptions: 'bind' }
    const point = `${bench.dir}/run/mnt/${path.replaceAll('_', '__').replaceAll('/', '_')}`
    for (const _ of [1, 2])
      await bench.run('storage.create', { storageDomainId, connection, type: 'data', name: 'shared' })
    assert.ok(!existsSync(point), 'it is not mounted longer than it is needed')
    assert.match(readFileSync(`${path}/${storageDomainId}/dom_md/metadata`, 'utf8'), /^TYPE=POSIXFS$/m)
    assert.match(
      readFileSync(`${path}/${storageDomainId}/dom_md/metadata`, 'utf8'),
      new RegExp(`^REMOTE_PATH=${path}$`, 'm'),
    )
    for (const _ of [1, 2]) await bench.run('storage.connect', { storageDomainId, connection })
    assert.match(readFileSync('/proc/self/mountinfo', 'utf8'), new RegExp(` ${point} `))
    await bench.restart()
    assert.equal(bench.storage.reports()[0]?.ok, true)
    await bench.run('storage.disconnect', { storageDomainId })
    assert.ok(!existsSync(point))
    await bench.run('storage.format', { storageDomainId, connection })
    assert.deepEqual(readdirSync(path), [])
    assert.ok(!existsSync(point))
  })

  test('of the POSIX kind that cannot be mounted is refused with the words of mount', { skip: !root }, async () => {
    const storageDomainId = randomUUID()
    const connection = {
      type: 'posixfs' as const,
      path: `${bench.dir}/nowhere`,
      vfsType: 'none',
      mountOptions: 'bind',
    }
    await assert.rejects(
      bench.run('storage.connect', { storageDomainId, connection }),
      (error: Error & { code?: string }) => {
        assert.equal(error.code, 'storage.mount_failed')
        assert.match(error.message, /nowhere could not be mounted: .*does not exist/)
        return true
      },
    )
    assert.deepEqual(bench.storage.reports(), [])
  })

  test('that a crash left half made is made anew', async () => {
    const storageDomainId = randomUUID()
    const path = `${bench.dir}/data/half`
    mkdirSync(`${path}/.rookery-new-${storageDomainId}/dom_md`, { recursive: true })
    writeFileSync(`${path}/.rookery-new-${storageDomainId}/dom_md/metadata`, 'half')
    const connection = { type: 'localfs' as const, path }
    await bench.run('storage.create', { storageDomainId, connection, type: 'data', name: 'x' })
    await bench.run('storage.connect', { storageDomainId, connection })
    assert.deepEqual(readdirSync(path), [storageDomainId])
  })

  test('is not made in a directory that is not there, nor by a crooked path or name', async () => {
    const storageDomainId = randomUUID()
    const make = (path: string, name = 'x') =>
      bench.run('storage.create', { storageDomainId, connection: { type: 'localfs', path }, type: 'data', name })
    await assert.rejects(make(`${bench.dir}/elsewhere`), { code: 'storage.path_missing', message: /mkdir -p/ })
    writeFileSync(`${bench.dir}/file`, '')
    await assert.rejects(make(`${bench.dir}/file`), { code: 'storage.path_no_folder' })
    await assert.rejects(make(`${bench.dir}/../x`), { code: 'storage.path' })
    await assert.rejects(make(`${bench.dir}/data/x`, 'a\nPOOL_UUID=b'), { code: 'storage.name' })
  })

  test('is attached, detached and only then removed', async () => {
    const { path, storageDomainId, spm } = await testDomain(bench)
    const connection = { type: 'localfs' as const, path }
    const info = await bench.run('storage.connect', { storageDomainId, connection })
    assert.deepEqual(info, {
      storageDomainId,
      type: 'data',
      name: 'data domain',
      version: 5,
      poolId: spm.poolId,
      role: 'Master',
    })
    await assert.rejects(bench.run('storage.format', { storageDomainId, connection }), { code: 'storage.attached' })
    const other = { poolId: randomUUID(), epoch: 1 }
    await assert.rejects(bench.run('storage.detach', { storageDomainId, spm: other }), {
      code: 'storage.attached_elsewhere',
    })
    await bench.run('storage.detach', { storageDomainId, spm })
    await bench.run('storage.detach', { storageDomainId, spm })
    await bench.run('storage.format', { storageDomainId, connection })
    await bench.run('storage.format', { storageDomainId, connection })
    assert.deepEqual(readdirSync(path), [])
    assert.deepEqual(bench.storage.reports(), [])
  })

  test('takes no orders of an older epoch, not even after a restart', async () => {
    const domain = await testDomain(bench)
    const newer = { ...domain.spm, epoch: 7 }
    const volume = await testVolume(bench, domain, { spm: newer })
    await bench.restart()
    await assert.rejects(testVolume(bench, domain), { code: 'spm.stale_epoch' })
    await assert.rejects(bench.run('volume.describe', { volume, spm: domain.spm, alias: 'x', description: '' }), {
      code: 'spm.stale_epoch',
    })
    await bench.run('volume.describe', { volume, spm: newer, alias: 'x', description: '' })
  })

  test('is known again after a restart, and reported', async () => {
    const domain = await testDomain(bench)
    const volume = await testVolume(bench, domain)
    const before = bench.storage.volumePath(volume)
    await bench.restart()
    assert.equal(bench.storage.volumePath(volume), before)
    const report = await until(bench, domain.storageDomainId, r => r.ok)
    assert.ok(report.available > 0 && report.used > 0)
    assert.equal(report.files, null)
  })

  test('that is away is reported in words, and comes back by itself', async () => {
    const { path, storageDomainId } = await testDomain(bench)
    renameSync(path, `${path}.away`)
    const gone = await until(bench, storageDomainId, r => !r.ok)
    assert.match(gone.detail ?? '', /is not there.*No such file or directory/)
    await bench.restart()
    await until(bench, storageDomainId, r => !r.ok)
    renameSync(`${path}.away`, path)
    await until(bench, storageDomainId, r => r.ok)
  })

  test('whose metadata somebody edited says so', async () => {
    const { path, storageDomainId } = await testDomain(bench)
    const file = `${path}/${storageDomainId}/dom_md/metadata`
    const sound = readFileSync(file, 'utf8')
    writeFileSync(file, sound.replace('data domain', 'date domain'))
    const broken = await until(bench, storageDomainId, r => !r.ok)
    assert.match(broken.detail ?? '', /metadata was changed without its checksum/)
    const connection = { type: 'localfs' as const, path }
    await assert.rejects(bench.run('storage.connect', { storageDomainId, connection }), {
      code: 'storage.checksum_broken',
    })
    writeFileSync(file, sound)
    await until(bench, storageDomainId, r => r.ok)
  })

  test('whose folders are links is not used', async () => {
    const { path, storageDomainId } = await testDomain(bench)
    const images = `${path}/${storageDomainId}/images`
    renameSync(images, `${path}/moved`)
    symlinkSync(`${path}/moved`, images)
    const broken = await until(bench, storageDomainId, r => !r.ok)
    assert.match(broken.detail ?? '', /images is no folder/)
    const connection = { type: 'localfs' as const, path }
    await assert.rejects(bench.run('storage.connect', { storageDomainId, connection }), { code: 'storage.unusable' })
  })

  test('whose owner changed says how to put it right (R108)', { skip: root ? false : 'needs root' }, async () => {
    const { path, storageDomainId } = await testDomain(bench)
    const dir = `${path}/${storageDomainId}`
    chownSync(`${dir}/images`, 0, 0)
    const drifted = await until(bench, storageDomainId, r => !r.ok)
    assert.equal(
      drifted.detail,
      `The owner of ${dir}/images changed: it is 0:0 and must be 36:36. Run on this host: chown -R 36:36 ${dir}`,
    )
    const connection = { type: 'localfs' as const, path }
    await assert.rejects(bench.run('storage.connect', { storageDomainId, connection }), { code: 'storage.unusable' })
    chownSync(`${dir}/images`, 36, 36)
    await until(bench, storageDomainId, r => r.ok)
    chmodSync(dir, 0o500)
    await until(bench, storageDomainId, r => /mode of .* changed: it is 500/.test(r.detail ?? ''))
    chmodSync(dir, 0o755)
    await until(bench, storageDomainId, r => r.ok)
  })

  test('of ISO files lists its media and gives no path out of itself', async () => {
    const { path, storageDomainId } = await testDomain(bench, 'iso')
    const files = `${path}/${storageDomainId}/images/11111111-1111-1111-1111-111111111111`
    mkdirSync(`${files}/linux`)
    writeFileSync(`${files}/linux/debian.ISO`, 'x'.repeat(10))
    writeFileSync(`${files}/tools.vfd`, '')
    writeFileSync(`${files}/notes.txt`, '')
    symlinkSync('/etc/passwd', `${files}/out.iso`)
    const { files: listed } = await until(bench, storageDomainId, r => (r.files?.length ?? 0) > 0)
    assert.deepEqual(listed, [
      { name: 'linux/debian.ISO', size: 10 },
      { name: 'tools.vfd', size: 0 },
    ])
    assert.ok(bench.storage.isoPath({ storageDomainId, file: 'linux/debian.ISO' }).endsWith('/linux/debian.ISO'))
    for (const file of ['out.iso', 'none.iso', 'linux'])
      assert.throws(() => bench.storage.isoPath({ storageDomainId, file }), { code: 'iso.missing' })
    await assert.rejects(testVolume(bench, { storageDomainId, path, spm: { poolId: randomUUID(), epoch: 1 } }), {
      code: 'storage.iso_domain',
    })
  })

  test('finishes on connect what a crash left of a removal', async () => {
    const { path, storageDomainId } = await testDomain(bench)
    const left = `${path}/${storageDomainId}/images/_remove_me_${randomUUID()}`
    mkdirSync(left)
    writeFileSync(`${left}/volume`, 'x')
    await bench.run('storage.connect', { storageDomainId, connection: { type: 'localfs', path } })
    assert.ok(!existsSync(left))
  })

  test('tells everybody who listens, until they stop', async () => {
    const heard: StorageReport[] = []
    const stop = bench.storage.onReport(report => heard.push(report))
    await testDomain(bench)
    assert.ok(heard.length > 0)
    stop()
    const count = heard.length
    await testDomain(bench)
    assert.equal(heard.length, count)
  })
})

describe('a domain below a closed folder', { skip: root ? false : 'needs root' }, () => {
  test('is bind-mounted where QEMU can reach it, and unmounted again', async t => {
    const bench = await storageBench({ qemuOwner: () => ({ uid: 64_055, gid: 107 }) })
    try {
      const { path, storageDomainId, spm } = await testDomain(bench).catch((error: unknown) => {
        if (error instanceof Error && 'code' in error && error.code === 'storage.unreachable_by_qemu') {
          t.skip('this machine allows no mounts')
          return { path: '', storageDomainId: '', spm: { poolId: '', epoch: 1 } }
        }
        throw error
      })
      if (path === '') return
      const point = `${bench.dir}/run/mnt/${path.replaceAll('_', '__').replaceAll('/', '_')}`
      const mounts = () => readFileSync('/proc/self/mountinfo', 'utf8').includes(` ${point} `)
      assert.ok(mounts())
      await bench.run('storage.connect', { storageDomainId, connection: { type: 'localfs', path } })
      await bench.restart()
      assert.ok(mounts())
      await bench.run('storage.detach', { storageDomainId, spm })
      await bench.run('storage.disconnect', { storageDomainId })
      assert.ok(!mounts())
      assert.ok(existsSync(`${path}/${storageDomainId}/dom_md/metadata`))
      // A directory that is open to all is linked: nothing to unmount after a crash.
      rmSync(point, { force: true, recursive: true })
      chmodSync(bench.dir, 0o755)
      await bench.run('storage.connect', { storageDomainId, connection: { type: 'localfs', path } })
      assert.ok(!mounts())
    } finally {
      await bench.close()
    }
  })
})
