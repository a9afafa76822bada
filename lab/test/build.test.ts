import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { testDataDir, tinyForTests } from '../src/images/for-tests.ts'
import { run } from '../src/images/run.ts'
import { buildTiny } from '../src/images/tiny.ts'

const found = await tinyForTests()
const skip = 'skip' in found ? found.skip : false
const debCache = join(testDataDir, 'images/.debs')

/** A data directory below a folder that is closed to others. */
async function closedFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rookery-images.'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  assert.equal((await stat(folder)).mode & 0o777, 0o700)
  return join(folder, 'data')
}

test('a build in a closed folder without the network leaves whole files only, and the next one finds them', {
  skip,
}, async t => {
  const dataDir = await closedFolder(t)
  const images = join(dataDir, 'images')
  // What a killed build leaves is swept.
  await mkdir(join(images, '.build-dead'), { recursive: true })
  const said: string[] = []
  const tiny = await buildTiny({ dataDir, debCache, progress: line => said.push(line) })
  assert.equal(tiny.built, true)
  assert.ok(!said.some(line => line.includes('fetching')), 'the packages were kept')
  const files = ['.lock', 'tiny.initrd', 'tiny.iso', 'tiny.json', 'tiny.qcow2', 'tiny.vmlinuz']
  assert.deepEqual((await readdir(images)).sort(), files)
  const info = JSON.parse(await run('qemu-img', ['info', '-f', 'qcow2', '--output=json', tiny.paths.disk]))
  assert.equal(info['virtual-size'], tiny.manifest.files.disk.virtualBytes)
  assert.equal((await stat(tiny.paths.iso)).size, tiny.manifest.files.iso.bytes)
  assert.equal((await run('sha256sum', [tiny.paths.initrd])).slice(0, 64), tiny.manifest.files.initrd.sha256)

  const again = await buildTiny({ dataDir, debCache })
  assert.equal(again.built, false)
  assert.deepEqual(again.manifest, tiny.manifest)
})

test('equal packages give an equal initramfs, and a damaged image is made again', { skip }, async t => {
  if ('skip' in found) return
  const dataDir = await closedFolder(t)
  const first = await buildTiny({ dataDir, debCache })
  assert.equal(first.manifest.files.initrd.sha256, found.manifest.files.initrd.sha256)
  await writeFile(first.paths.iso, 'cut short')
  const second = await buildTiny({ dataDir, debCache })
  assert.equal(second.built, true)
  assert.equal((await readFile(second.paths.iso)).length, second.manifest.files.iso.bytes)
})

test('a build that is interrupted leaves nothing half-made', { skip }, async t => {
  const dataDir = await closedFolder(t)
  const control = new AbortController()
  const progress = (line: string): void => {
    if (line.startsWith('making the disk')) control.abort()
  }
  await assert.rejects(buildTiny({ dataDir, debCache, progress, signal: control.signal }), { name: 'AbortError' })
  assert.deepEqual(await readdir(join(dataDir, 'images')), ['.lock'])
})
