import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import {
  binariesAt,
  checkDataVersion,
  connection,
  connectionUrl,
  dataVersion,
  embeddedBinaries,
  installedBinaries,
} from './index.ts'
import { parseMajor } from './binaries.ts'
import { asAccount } from './run.ts'
import { clearStaleLock, serverArgv } from './server.ts'

const folder = await mkdtemp(join(tmpdir(), 'postgres.'))
after(() => rm(folder, { recursive: true, force: true }))

test('the version is read from what the server says of itself', () => {
  assert.equal(parseMajor('postgres (PostgreSQL) 18.4\n'), 18)
  assert.equal(parseMajor('postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)'), 15)
  assert.throws(() => parseMajor('psql 9'), /names no PostgreSQL version/)
})

test('data of another major version is refused with the way out, its own and none are not', async () => {
  const data = join(folder, 'old')
  assert.equal(await dataVersion(data), undefined)
  await checkDataVersion(data, 18)
  await mkdir(data)
  await writeFile(join(data, 'PG_VERSION'), '15\n')
  await checkDataVersion(data, 15)
  await assert.rejects(checkDataVersion(data, 18), {
    code: 'postgres.old_data',
    message: /made by PostgreSQL 15.*--database/,
  })
})

test('a folder without a server in it is refused', async () => {
  await assert.rejects(binariesAt(folder), { code: 'postgres.no_binaries' })
  assert.deepEqual(await installedBinaries(join(folder, 'none')), [])
})

test('the server listens on no network, keeps its data through a power cut, and dies with whoever started it', async () => {
  const argv = serverArgv({ binaries: await embeddedBinaries(), data: '/d', socket: '/s' }).join(' ')
  assert.match(argv, /^\/usr\/bin\/setpriv --pdeathsig=INT -- /)
  for (const setting of ['listen_addresses= ', 'fsync=on', 'full_page_writes=on', 'unix_socket_permissions=0700'])
    assert.ok(`${argv} `.includes(`-c ${setting}`), setting)
})

test('another user is taken with no groups and no way up again', () => {
  assert.deepEqual(asAccount(['x'], { name: 'n', uid: 5, gid: 6 }), [
    '/usr/bin/setpriv',
    '--reuid=5',
    '--regid=6',
    '--clear-groups',
    '--no-new-privs',
    '--',
    'x',
  ])
  assert.deepEqual(asAccount(['x']), ['x'])
})

test('the lock of a server that is gone is removed, also when its process id now belongs to another program', async () => {
  const c = { binaries: await embeddedBinaries(), data: folder, socket: folder }
  const lock = join(folder, 'postmaster.pid')
  await writeFile(lock, `${process.pid}\n${folder}\n`)
  await clearStaleLock(c)
  await assert.rejects(readFile(lock), { code: 'ENOENT' })
  await clearStaleLock(c)
})

test('a connection is told as parameters and as a URL', () => {
  const c = connection({ socket: '/run/x y' })
  assert.deepEqual(c, { host: '/run/x y', port: 5432, user: 'rookery', database: 'rookery' })
  assert.equal(connectionUrl(c), 'postgresql://rookery@/rookery?host=%2Frun%2Fx%20y&port=5432')
})
