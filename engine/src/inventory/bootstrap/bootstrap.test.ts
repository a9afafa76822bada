import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type EngineDatabase, engineDatabase } from '../../../test/database.ts'
import { startTestEngine } from '../../../test/engine.ts'

let database: EngineDatabase
before(async () => {
  database = await engineDatabase()
})
after(() => database.close())

/** Starts an engine with these hosts in its configuration, and gives what it then knows of hosts. */
async function hostsAfterStart(o: { agentPort: number; simulatorPort: number; name?: string }) {
  const one = await startTestEngine(database, {
    config: {
      engineId: '6f1c0a52-0000-4000-8000-000000000001',
      localHost: {
        name: o.name ?? 'here',
        url: `https://127.0.0.1:${o.agentPort}`,
        address: '127.0.0.1',
        storagePath: '/srv/data',
        isoPath: '/srv/iso',
      },
      simulator: { url: `https://127.0.0.1:${o.simulatorPort}`, hosts: 1, storagePath: '/pretended' },
    },
  })
  try {
    return await database.db.sql<{
      id: string
      name: string
      url: string
    }>`select id, name, url from host order by name`
  } finally {
    await one.stop()
  }
}

test('the hosts of the configuration stay the same hosts when their agents listen elsewhere', async () => {
  const first = await hostsAfterStart({ agentPort: 1, simulatorPort: 2 })
  assert.deepEqual(
    first.map(host => [host.name, host.url]),
    [
      ['here', 'https://127.0.0.1:1'],
      ['sim-0000', 'https://127.0.0.1:2/hosts/0'],
    ],
  )
  const later = await hostsAfterStart({ agentPort: 3, simulatorPort: 4 })
  assert.deepEqual(
    later.map(host => [host.id, host.url]),
    [
      [first[0]?.id, 'https://127.0.0.1:3'],
      [first[1]?.id, 'https://127.0.0.1:4/hosts/0'],
    ],
  )
})

test('a host that people have renamed is known again too', async () => {
  const [before] = await database.db.sql<{
    id: string
  }>`update host set name = 'renamed' where name = 'here' returning id`
  const later = await hostsAfterStart({ agentPort: 5, simulatorPort: 4 })
  assert.deepEqual(
    later.map(host => [host.name, host.url]),
    [
      ['renamed', 'https://127.0.0.1:5'],
      ['sim-0000', 'https://127.0.0.1:4/hosts/0'],
    ],
  )
  assert.equal(later[0]?.id, before?.id)
})

test('an installation of an earlier release, which did not write down which host is its own, knows it by its name', async () => {
  await database.db.sql`delete from setting where key like 'bootstrap.host.%'`
  await database.db.sql`update host set name = 'here' where name = 'renamed'`
  const later = await hostsAfterStart({ agentPort: 7, simulatorPort: 8 })
  assert.deepEqual(
    later.map(host => host.url),
    ['https://127.0.0.1:7', 'https://127.0.0.1:8/hosts/0'],
  )
})
