import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { sampleJob } from './sample-jobs.ts'
import { jobSurvives } from './survive.ts'
import type { World } from './survive-world.ts'

const number = async (world: World, id: string) =>
  (await world.sql.maybe<{ value: number }>`select value from setting where key = ${`sample ${id}`}`)?.value ?? 0

jobSurvives(sampleJob, {
  world: { hosts: 0, moduleFiles: [fileURLToPath(new URL('./sample-jobs.ts', import.meta.url))] },
  given: async () => ({ id: randomUUID() }),
  afterDone: async (world, { id }) => assert.equal(await number(world, id), 1111),
  afterUndo: async (world, { id }) => assert.equal(await number(world, id), 0),
})
