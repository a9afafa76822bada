import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { testDatabase, type TestDatabase } from '@rookery/postgres'
import { after, before, describe, test } from 'node:test'
import { isRoot } from '../../src/system/account.ts'
import type { Found } from '../../src/doctor/examine.ts'
import { settle, World } from './world.ts'

const skip = !isRoot()
  ? 'needs root for namespaces of its own'
  : existsSync('/usr/bin/faketime')
    ? false
    : 'needs the package faketime'

// The clock of the doctor's own process is moved, never the machine's; the other clock is a real PostgreSQL's.
describe('the doctor and the clock', { skip, timeout: 120_000 }, () => {
  let world: World
  let database: TestDatabase
  before(async () => {
    database = await testDatabase()
    world = await World.make('late')
    await settle(world.dataDir, { database: 'url' })
    await mkdir(join(world.dataDir, 'secrets'))
    await writeFile(join(world.dataDir, 'secrets/database-url'), database.url, { mode: 0o600 })
  })
  after(async () => {
    await world?.close()
    await database?.close()
  })

  const clock = async (offset: string): Promise<Found[]> =>
    (await world.doctor({}, offset && `faketime -f '${offset}'`)).findings.filter(f => f.topic === 'clock')

  test('R130, R131: a clock that is more than a second off its database is an alarm that says by how much and which way', async () => {
    const ahead = (await clock('+5s')).find(f => f.code === 'doctor.clock.skew')
    assert.equal(ahead?.verdict, 'bad')
    assert.match(ahead?.what.en ?? '', /clock is [45]\.\d s ahead of the database at /)
    assert.match(ahead?.what.ko ?? '', /[45]\.\d초 빠릅니다/)
    const behind = (await clock('-3s')).find(f => f.code === 'doctor.clock.skew')
    assert.match(behind?.what.en ?? '', /clock is [23]\.\d s behind the database at /)
  })

  test('R131: a clock that is right raises no alarm, and one before the set-up of the instance is told so', async () => {
    assert.ok(!(await clock('')).some(f => f.verdict === 'bad'))
    const past = (await clock('-400d')).map(f => f.code)
    assert.ok(past.includes('doctor.clock.behind'), past.join(' '))
  })
})
