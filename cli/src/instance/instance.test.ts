import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { dataDirOf, paths, seenBy } from './paths.ts'
import { freePort, whyNotListen } from './ports.ts'
import { bridgePrefix, readSettings, type Settings, writeSettings, writeWhole } from './settings.ts'
import { chooseSubnet, overlap, parseNetwork } from './subnet.ts'

const folder = await mkdtemp(join(tmpdir(), 'cli-instance.'))
after(() => rm(folder, { recursive: true, force: true }))

const settings: Settings = {
  format: 1,
  engineId: '0f8fad5b-d9cb-469f-a165-70867728950e',
  mode: 'host',
  root: true,
  listen: '127.0.0.1',
  port: 8443,
  fqdn: 'h',
  organization: 'o',
  accel: 'auto',
  simulate: 0,
  database: 'embedded',
  hostName: 'h',
  agentPort: 1,
  imagesPort: 2,
  simulatorPort: 3,
  subnet: '10.1.2.0/24',
  createdAt: '2026-01-01T00:00:00Z',
}

test('the data directory is the option, else the variable, else the default of root or of the home folder', () => {
  assert.equal(dataDirOf('/a/../b', { ROOKERY_DATA_DIR: '/c' }, true), '/b')
  assert.equal(dataDirOf(undefined, { ROOKERY_DATA_DIR: '/c' }, true), '/c')
  assert.equal(dataDirOf(undefined, {}, true), '/var/lib/rookery')
  assert.equal(dataDirOf(undefined, { HOME: '/home/u' }, false), '/home/u/.local/share/rookery')
  assert.equal(dataDirOf(undefined, { HOME: '/home/u', XDG_DATA_HOME: '/x' }, false), '/x/rookery')
})

test("root's processes see fixed places, others see the real ones", () => {
  assert.equal(seenBy({ root: true }, '/deep/data').data, '/run/rookery/data')
  assert.equal(seenBy({ root: false }, '/deep/data').data, '/deep/data')
})

test('settings come back as they were written; none are none; broken ones are said', async () => {
  const p = paths(folder)
  assert.equal(await readSettings(p), undefined)
  await writeSettings(p, settings)
  assert.deepEqual(await readSettings(p), settings)
  await writeFile(p.settings, '{"format":99}')
  await assert.rejects(readSettings(p), /does not describe an instance/)
  await writeFile(p.settings, '{')
  await assert.rejects(readSettings(p), /does not describe an instance/)
})

test('the bridges of an instance begin with its own six digits', () => {
  assert.equal(bridgePrefix(settings), 'rk0f8fad')
})

test('a file is replaced whole, with its rights from the first moment', async () => {
  const file = join(folder, 'secret')
  await writeWhole(file, 'one', 0o600)
  await writeWhole(file, 'two', 0o600)
  assert.equal(await readFile(file, 'utf8'), 'two')
  assert.equal((await stat(file)).mode & 0o777, 0o600)
  assert.deepEqual(
    (await readdir(folder)).filter(n => n.endsWith('.new')),
    [],
  )
})

test('networks overlap when one holds the other', () => {
  const n = (text: string) => parseNetwork(text) ?? assert.fail(text)
  assert.ok(overlap(n('10.0.0.0/8'), n('10.9.9.0/24')))
  assert.ok(overlap(n('10.9.9.7'), n('10.9.9.0/24')))
  assert.ok(overlap(n('0.0.0.0/0'), n('10.9.9.0/24')))
  assert.ok(!overlap(n('10.9.8.0/24'), n('10.9.9.0/24')))
  assert.equal(parseNetwork('fe80::/64'), undefined)
  assert.equal(parseNetwork('10.0.0.256/24'), undefined)
})

test('an instance gets the same subnet again, and never one that the machine knows', () => {
  const first = chooseSubnet(settings.engineId, [])
  assert.match(first, /^10\.\d+\.\d+\.0\/24$/)
  assert.equal(chooseSubnet(settings.engineId, []), first)
  const taken = parseNetwork(first) ?? assert.fail()
  assert.notEqual(chooseSubnet(settings.engineId, [taken]), first)
  assert.equal(chooseSubnet(settings.engineId, [parseNetwork('10.0.0.0/8') ?? assert.fail()]), '192.168.233.0/24')
})

test('a port that is taken is passed over, and why is known', async t => {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const { port } = server.address() as { port: number }
  assert.equal(await whyNotListen('127.0.0.1', port), 'EADDRINUSE')
  assert.equal(await whyNotListen('192.0.2.1', 1_234), 'EADDRNOTAVAIL')
  const other = await freePort('127.0.0.1', port)
  assert.notEqual(other, port)
  assert.notEqual(await freePort('127.0.0.1', other, [other]), other)
})
