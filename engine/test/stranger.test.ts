import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ask } from '../src/core/call.ts'
import { systemActor } from '../src/core/ctx.ts'
import { registry } from '../src/core/registry.ts'
import { allDomains } from '../src/domains.ts'
import { type EngineDatabase, engineDatabase } from './database.ts'
import { testEnv, testUser } from './env.ts'
import { giveRole } from './permission.ts'
import { type Site, site } from './site.ts'

let database: EngineDatabase
let here: Site
before(async () => {
  database = await engineDatabase()
  here = await site(database)
})
after(() => database.close())

/** What to ask queries that do not answer to an empty input. */
const inputs = (s: Site): Record<string, unknown> => {
  const vmIds = [s.vm, s.runningVm]
  return {
    'cdrom.list': { vmIds },
    'console.list': { vmIds },
    'vm.reportedDevices': { vmIds },
    'vm.statistics': { ids: vmIds },
    'host.statistics': { ids: [s.host] },
    'disk.statistics': { ids: [s.busyDisk] },
    'nic.statistics': { ids: [s.nic] },
    'tag.assignments': { objectKind: 'vm' },
    'job.steps': { jobId: s.vm },
  }
}

/** Answers that are about the asker himself. */
const own = new Set(['user.self', 'user.list'])
/** Labels that whoever has any permission may read. */
const common = new Set(['role.list', 'tag.list', 'template.list', 'permission.list', 'user.list'])

test('whoever holds no permission is shown nothing by any query', async () => {
  const stranger = testEnv(database, await testUser(database))
  for (const query of registry(await allDomains()).queries.values()) {
    if (own.has(query.name)) continue
    const answer: unknown = await ask(stranger, query, inputs(here)[query.name] ?? {})
    assert.deepEqual(answer, [], query.name)
  }
})

test('whoever holds a permission elsewhere is shown nothing of this place', async () => {
  const other = await site(database)
  const user = await testUser(database)
  for (const id of [other.dataCenter, other.bareDataCenter])
    await giveRole(database, user.userId, ['run_vm'], { kind: 'data_center', id })
  const answers: unknown[] = []
  for (const query of registry(await allDomains()).queries.values())
    if (!common.has(query.name)) answers.push(await ask(testEnv(database, user), query, inputs(here)[query.name] ?? {}))
  const text = JSON.stringify(answers)
  const told = Object.entries(here).filter(([, id]) => text.includes(id))
  assert.deepEqual(told, [])
  assert.ok(text.includes(other.vm), 'his own place is shown')
})

test('the engine itself is shown something by every query of the domains', async () => {
  for (const module of (await allDomains()).filter(({ name }) => name !== 'identity'))
    for (const query of module.queries) {
      const answer = await ask(testEnv(database, systemActor), query, inputs(here)[query.name] ?? {})
      assert.ok(
        Array.isArray(answer) && answer.length > 0,
        `${query.name} shows nothing, so the tests above mean nothing`,
      )
    }
})
