import { ToggleGroup, ToggleGroupItem } from '@patternfly/react-core'
import { useTranslation } from 'react-i18next'
import type { JobRow } from '../api/rows.ts'
import { isOpen, isTrouble } from './task-words.ts'

export const shows = ['all', 'running', 'failed', 'done'] as const
/** Which tasks are shown. */
export type Show = (typeof shows)[number]

const fits: Readonly<Record<Show, (job: JobRow) => boolean>> = {
  all: () => true,
  running: isOpen,
  failed: isTrouble,
  done: job => job.status === 'finished' || job.status === 'cancelled',
}

/** The tasks of one choice. */
export const tasksShown = (jobs: readonly JobRow[], show: Show): readonly JobRow[] => jobs.filter(fits[show])

/** Chooses which tasks are shown, with how many there are. */
export function TaskTabs(p: { jobs: readonly JobRow[]; show: Show; onShow: (show: Show) => void }) {
  const { t } = useTranslation('tasks')
  return (
    <ToggleGroup aria-label={t('which')} isCompact>
      {shows.map(show => (
        <ToggleGroupItem
          key={show}
          text={`${t(`show.${show}`)} ${tasksShown(p.jobs, show).length}`}
          isSelected={p.show === show}
          onChange={() => p.onShow(show)}
        />
      ))}
    </ToggleGroup>
  )
}
