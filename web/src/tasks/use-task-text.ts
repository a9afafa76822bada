import { useTranslation } from 'react-i18next'
import type { JobRow } from '../api/rows.ts'
import { missingPlace } from './task-words.ts'

/**
 * What a task does, in the language of the page: by its kind and the names of its objects. A task of a newer engine, or one whose
 * objects have no names, keeps the engine's own words.
 */
export function useTaskText(): (job: Pick<JobRow, 'kind' | 'refs' | 'description'>) => string {
  const { i18n } = useTranslation('tasks')
  return job => {
    const template: unknown = i18n.getResource(i18n.language, 'tasks', `kind.${job.kind}`)
    if (typeof template !== 'string') return job.description
    const names = Object.fromEntries(job.refs.map(ref => [ref.kind, ref.name]))
    if (missingPlace(template, names)) return job.description
    return template.replaceAll(/\{\{(\w+)\}\}/g, (_, place: string) => names[place] ?? '')
  }
}
