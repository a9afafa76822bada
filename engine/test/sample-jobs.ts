import { z } from 'zod'
import type { DomainModule } from '../src/core/registry.ts'
import { json } from '../src/db/index.ts'
import { exclusive, job } from '../src/jobs/job.ts'

const Input = z.object({ id: z.guid() })
const common = (name: string) => ({
  name,
  version: 1,
  input: Input,
  locks: (i: { id: string }) => [exclusive('sample', i.id)],
  describe: () => `Sample ${name}`,
  refs: () => [],
})

/** Adds one to a number and takes it away again: doing it twice or undoing it never shows. */
const plus = async (sql: import('../src/db/index.ts').Sql, key: string, n: number): Promise<void> => {
  await sql`insert into setting (key, value) values (${key}, ${json(n)})
            on conflict (key) do update set value = to_jsonb((setting.value #>> '{}')::int + ${n})`
}

/** A part of the sample. */
export const samplePart = job(common('sample.part'), async (j, i) => {
  await j.tx(
    'in part',
    async tx => plus(tx.sql, `sample ${i.id}`, 100),
    async tx => plus(tx.sql, `sample ${i.id}`, -100),
  )
})

/** Every kind of step once: what the harness itself is tested with. */
export const sampleJob = job(common('sample.whole'), async (j, i) => {
  const key = `sample ${i.id}`
  await j.tx(
    'first',
    async tx => plus(tx.sql, key, 1),
    async tx => plus(tx.sql, key, -1),
  )
  await j.child('part', samplePart, { id: i.id })
  const tried = await j.attempt('try', async k => {
    await k.tx(
      'inner',
      async tx => plus(tx.sql, key, 10),
      async tx => plus(tx.sql, key, -10),
    )
  })
  if (!tried.ok)
    await j.tx(
      'instead',
      async tx => plus(tx.sql, key, 10),
      async tx => plus(tx.sql, key, -10),
    )
  await j.sleepUntil('nap', async tx => new Date(tx.now.getTime() + 20))
  await j.tx(
    'last',
    async tx => plus(tx.sql, key, 1000),
    async tx => plus(tx.sql, key, -1000),
  )
})

/** Loaded into every engine of the harness's own test. */
export const testModule: DomainModule = {
  name: 'sample',
  operations: [],
  queries: [],
  jobs: [sampleJob, samplePart],
  reconcilers: [],
}
