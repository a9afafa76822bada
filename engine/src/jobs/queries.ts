import { z } from 'zod'
import { query } from '../core/query.ts'
import { visible } from '../core/visible.ts'
import { fragment, join, SqlFragment } from '../db/index.ts'
import type { SearchTable } from '../search/index.ts'
import type { JobRow, StepRow } from './store.ts'

const search = z.custom<{ where?: SqlFragment; orderBy?: SqlFragment }>(
  value =>
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every(v => v === undefined || v instanceof SqlFragment),
)

// Inputs and outputs are for the job itself: a first-boot script, or the specification of a domain, may hold passwords.
const shownJob = (row: JobRow): JobRow => ({ ...row, input: null, result: null })
const shownStep = (row: StepRow): StepRow => ({ ...row, output: null })

/** Jobs that the asker may see, newest first, without input and result; children are shown below their parents' steps, not here. */
export const list = query({
  name: 'job.list',
  input: z.strictObject({
    ids: z.array(z.guid()).max(10_000).optional(),
    max: z.int().min(0).optional(),
    search: search.optional(),
  }),
  async run(ctx, i): Promise<JobRow[]> {
    const conditions = [
      i.ids === undefined ? fragment`v.parent_id is null` : fragment`v.id = any (${i.ids}::uuid[])`,
      ...(i.search?.where === undefined ? [] : [fragment`(${i.search.where})`]),
    ]
    const statement = fragment`select v.* from ${visible(ctx, 'job')} v where ${join(conditions, ' and ')}
      order by v.created_at desc, v.id limit ${i.max ?? null}::bigint`
    const rows = i.search === undefined ? ctx.sql<JobRow>`${statement}` : ctx.sql.unnamed<JobRow>(statement)
    return (await rows).map(shownJob)
  },
})

/** The steps of one job that the asker may see, oldest first, without outputs. */
export const stepsOf = query({
  name: 'job.steps',
  input: z.strictObject({ jobId: z.guid() }),
  run: async (ctx, i): Promise<StepRow[]> => {
    const rows = await ctx.sql<StepRow>`
      select s.* from job_step s join ${visible(ctx, 'job')} v on v.id = s.job_id where s.job_id = ${i.jobId}::uuid order by s.position`
    return rows.map(shownStep)
  },
})

/** What jobs can be searched by: the one field that the original has (fact sheet 1.8). */
export const jobFields: SearchTable = {
  fields: { correlation_id: { sql: fragment`v.correlation_id`, type: 'text' } },
  default: ['correlation_id'],
  prefixes: ['job', 'jobs'],
}
