import type { AgentClient } from '@rookery/protocol/client'
import type { Sql } from '../../db/index.ts'

/**
 * Acknowledges ends that the host keeps and no job asks for any more. The engine does so with each step that it records; one that was
 * killed right behind the record has not, and the host would keep the end for ever. What belongs to a job under way is left to that job.
 */
export async function acknowledgeForgotten(
  sql: Sql,
  client: Pick<AgentClient, 'inventory' | 'acknowledge'>,
  signal?: AbortSignal,
): Promise<number> {
  const { tasks } = await client.inventory([], signal)
  if (tasks.unacknowledged.length === 0) return 0
  const ids = tasks.unacknowledged.map(task => task.id)
  const awaited = await sql<{ taskId: string }>`
    select s.task_id from job_step s join job j on j.id = s.job_id
     where j.ended_at is null and s.task_id = any (${ids}::uuid[])`
  const mine = new Set(awaited.map(step => step.taskId))
  const forgotten = ids.filter(id => !mine.has(id))
  for (let from = 0; from < forgotten.length; from += mostAtOnce)
    await client.acknowledge(forgotten.slice(from, from + mostAtOnce), signal)
  return forgotten.length
}

/** The contract takes so many ids in one call. */
const mostAtOnce = 10_000
