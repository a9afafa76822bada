import type { JobRow } from '../api/rows.ts'

/** Statuses of a task that is not over. */
const open: readonly string[] = ['queued', 'running', 'undoing', 'stuck']

/** Whether a task still works, or waits for a person. */
export const isOpen = (job: Pick<JobRow, 'status'>): boolean => open.includes(job.status)

/** Whether a task ended badly, or needs a person. */
export const isTrouble = (job: Pick<JobRow, 'status'>): boolean => job.status === 'failed' || job.status === 'stuck'

/** Whether a sentence has a place for which there is no value. */
export const missingPlace = (template: string, values: Readonly<Record<string, string | undefined>>): boolean =>
  [...template.matchAll(/\{\{(\w+)\}\}/g)].some(([, place = '']) => values[place] === undefined)
