import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { AgentConfig } from '@rookery/agent/config'
import { EngineConfig } from '@rookery/engine/config'
import { testDatabase } from '@rookery/postgres'
import { type Fault, say } from '../fault.ts'
import { paths } from '../instance/paths.ts'
import { output } from '../output.ts'
import { configs } from './configs.ts'
import { differing, domainOf, type Machine, machineName, settle, wishes } from './options.ts'
import { checkAddress, checkDisk, checkMachine, checkOutsideDatabase, describe } from './preflight.ts'
import { adminPassword, certificates, folders, newPassword, writeConfigs } from './prepare.ts'
import { supervisorArgv } from './start.ts'
import { summary, summaryText } from './summary.ts'

const folder = await mkdtemp(join(tmpdir(), 'cli-up.'))
after(() => rm(folder, { recursive: true, force: true }))
const quiet = output({ stdout: { write: () => undefined }, stderr: { write: () => undefined } })

const machine: Machine = {
  root: true,
  host: true,
  fqdn: 'node1.example.com',
  hostname: 'node1',
  freePort: async wanted => wanted,
  subnet: async () => '10.7.8.0/24',
}

test('options are checked before anything is touched, and each refusal names its option', () => {
  for (const bad of [
    { port: '0' },
    { port: '8443x' },
    { port: '65536' },
    { listen: 'example.com' },
    { accel: 'xen' },
    { simulate: '-1' },
    { fqdn: 'a b' },
    { organization: '"x"' },
    { database: 'mysql://x' },
  ]) {
    const option = Object.keys(bad)[0]
    assert.throws(
      () => wishes(bad, {}),
      (e: Fault) => e.exit === 'usage' && e.message.includes(`--${option}`),
    )
  }
  assert.deepEqual(wishes({ port: '443', listen: '[::1]', simulate: '5' }, {}), {
    port: 443,
    listen: '::1',
    simulate: 5,
  })
  assert.deepEqual(wishes({ listen: 'localhost' }, { ROOKERY_DATABASE_URL: 'postgresql://u:p@h/d' }), {
    listen: '127.0.0.1',
    database: 'postgresql://u:p@h/d',
  })
})

test('a database address is never repeated in an error: it may hold a password', () => {
  assert.throws(
    () => wishes({ database: 'mysql://u:hunter2@h/d' }, {}),
    (e: Fault) => !`${e.message}${e.todo}`.includes('hunter2'),
  )
  assert.equal(describe('postgresql://u:hunter2@db.example.com:5433/rookery'), 'db.example.com:5433/rookery')
})

test('what nobody said keeps its last value, or is the default', async () => {
  const first = await settle(undefined, {}, machine)
  assert.equal(first.port, 8443)
  assert.equal(first.listen, '127.0.0.1')
  assert.equal(first.organization, 'example.com')
  assert.equal(first.simulate, 0)
  const second = await settle(first, { port: 9443 }, { ...machine, subnet: async () => assert.fail('kept') })
  assert.deepEqual(second, { ...first, port: 9443 })
  const third = await settle(second, { database: 'postgresql://h/d' }, machine)
  assert.deepEqual([third.port, third.database], [9443, 'url'])
  assert.equal((await settle(third, { database: '' }, machine)).database, 'embedded')
})

test('without root there are three pretend hosts and no real one', async () => {
  const s = await settle(undefined, {}, { ...machine, root: false, host: false })
  assert.deepEqual([s.mode, s.simulate, s.root], ['simulated', 3, false])
  assert.equal(configs(s, '/d', undefined).engine.localHost, null)
})

test('a running instance says which options it does not have', async () => {
  const s = await settle(undefined, {}, machine)
  assert.deepEqual(differing(s, { port: 8443, listen: '127.0.0.1' }), [])
  assert.deepEqual(differing(s, { port: 1, database: 'postgresql://h/d' }), ['--port', '--database'])
})

test('the machine is called by its own name, and loopback names are none', () => {
  assert.deepEqual(machineName('node1.example.com', 'node1'), { hostname: 'node1', fqdn: 'node1.example.com' })
  assert.deepEqual(machineName('localhost.localdomain', 'node1'), { hostname: 'node1', fqdn: 'node1' })
  assert.deepEqual(machineName(undefined, 'bad name'), { hostname: 'localhost', fqdn: 'localhost' })
  assert.equal(domainOf('10.0.0.1'), 'Rookery')
})

test('engine and agent accept the configurations written for them', async () => {
  const s = await settle(undefined, { simulate: 2 }, machine)
  for (const url of [undefined, 'postgresql://u:p@h/d']) EngineConfig.parse(configs(s, '/srv/data', url).engine)
  AgentConfig.parse(configs(s, '/srv/data', undefined).agent)
  EngineConfig.parse(configs({ ...s, listen: '::', mode: 'simulated', root: false }, '/srv/data', undefined).engine)
})

test('passwords are long, of letters that are not taken for one another, and never the same', () => {
  const some = Array.from({ length: 100 }, newPassword)
  assert.equal(new Set(some).size, 100)
  for (const p of some) assert.match(p, /^[a-km-np-zA-HJ-NP-Z2-9]{20}$/)
})

test('what is prepared is readable only by whom it is for, and a second time keeps password and authority (R94)', async () => {
  const p = paths(join(folder, 'data'))
  const s = await settle(undefined, {}, { ...machine, root: false, host: false })
  await folders(p, undefined)
  assert.equal((await stat(p.dataDir)).mode & 0o777, 0o700)
  assert.equal(await adminPassword(p, undefined, undefined), 'made')
  assert.equal((await stat(p.adminPassword)).mode & 0o777, 0o600)
  const first = await readFile(p.adminPassword, 'utf8')
  assert.equal(await adminPassword(p, undefined, undefined), 'kept')
  assert.equal(await readFile(p.adminPassword, 'utf8'), first)
  assert.equal(await adminPassword(p, 'mine', undefined), 'given')
  assert.equal(await readFile(p.adminPassword, 'utf8'), 'mine\n')

  const made = await certificates(p, s, 'node1', undefined)
  assert.deepEqual([made.ca.made, made.signed], [true, 4])
  assert.equal((await certificates(p, s, 'node1', undefined)).signed, 0)
  assert.equal((await certificates(p, { ...s, fqdn: 'other.example.com' }, 'node1', undefined)).signed, 2)
  assert.equal((await stat(p.caForUsers)).mode & 0o777, 0o644)

  await writeConfigs(p, s, 'postgresql://u:p@h/d', undefined)
  for (const file of [p.databaseUrl, join(p.engine, 'config.json'), join(p.engine, 'tls/server.key')])
    assert.equal((await stat(file)).mode & 0o777, 0o600, file)
  await writeConfigs(p, s, undefined, undefined)
  await assert.rejects(stat(p.databaseUrl))

  const text = summaryText(await summary(p, s, false))
  assert.ok(text.includes(made.ca.fingerprint) && text.includes(p.adminPassword) && text.includes('admin@internal'))
  assert.ok(!text.includes('mine'))
})

test('no secret stands in the words that start the supervisor', async () => {
  const words = supervisorArgv(paths('/d'), { mode: 'host', root: true }, true)
  assert.deepEqual(words.slice(0, 6), [
    '/usr/bin/unshare',
    '--mount',
    '--propagation=private',
    '--',
    '/usr/bin/tini',
    '-s',
  ])
  assert.deepEqual(words.slice(-3), ['--data-dir', '/d', '--attached'])
  assert.equal(supervisorArgv(paths('/d'), { mode: 'simulated', root: false }, false)[0], '/usr/bin/flock')
})

test('a port that is taken is refused with who has it', async t => {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const s = { ...(await settle(undefined, {}, machine)), port: (server.address() as { port: number }).port }
  await assert.rejects(checkAddress(s), (e: Fault) => say(e).exit === 5 && e.message.includes(String(process.pid)))
  await assert.rejects(checkAddress({ ...s, listen: '192.0.2.1' }), /not an address of this machine/)
})

test('a machine of another kind is refused; a disk with room is not', async () => {
  assert.throws(() => checkMachine('darwin', 'arm64'), /Linux/)
  checkMachine('linux', 'arm64')
  await checkDisk(join(folder, 'not/there/yet'), quiet)
})

test('an outside database is tried, and what is wrong with it is said without its password', async t => {
  const db = await testDatabase()
  t.after(() => db.close())
  assert.match(await checkOutsideDatabase(db.url), /^PostgreSQL 1[5-9]/)
  await assert.rejects(
    checkOutsideDatabase('postgresql://u:hunter2@127.0.0.1:1/x'),
    (e: Fault) => e.exit === 'database' && /running/.test(e.todo) && !e.message.includes('hunter2'),
  )
  await assert.rejects(
    checkOutsideDatabase(db.url.replace(db.config.database, 'no_such')),
    /no_such|Create the database/,
  )
})
