import { useState } from 'react'
import { useAsk } from '../api/hooks.ts'
import type { JobRow } from '../api/rows.ts'
import { isOpen, isTrouble } from './task-words.ts'

/** How many tasks are looked at: the newest ones. */
const newest = 500
/** For how long a failed task counts in the masthead (ms). */
const countsFor = 24 * 3_600_000

/** The newest tasks, those that work, and those that failed lately or need a person. */
export interface Tasks {
  all: readonly JobRow[]
  open: readonly JobRow[]
  trouble: readonly JobRow[]
  loaded: boolean
}

/** The tasks that the user may see, newest first. */
export function useTasks(): Tasks {
  const { data } = useAsk('job.list', { max: newest })
  const [since] = useState(() => Date.now() - countsFor)
  const all = data ?? []
  return {
    all,
    open: all.filter(job => isOpen(job) && job.status !== 'stuck'),
    trouble: all.filter(
      job => isTrouble(job) && (job.status === 'stuck' || (job.endedAt !== null && Date.parse(job.endedAt) > since)),
    ),
    loaded: data !== undefined,
  }
}
