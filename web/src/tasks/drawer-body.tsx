import { ToggleGroup, ToggleGroupItem } from '@patternfly/react-core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useUser } from '../api/session.ts'
import { paths } from '../paths.ts'
import { Go } from '../templates/go.tsx'
import { type Show, TaskTabs, tasksShown } from './task-tabs.tsx'
import { TaskTable } from './task-table.tsx'
import type { Tasks } from './use-tasks.ts'

/** How many tasks the drawer holds; the page has the others. */
const most = 30

/** The open drawer: mine or everybody's tasks, by how they are. */
export function DrawerBody({ tasks, onClose }: { tasks: Tasks; onClose: () => void }) {
  const { t } = useTranslation('tasks')
  const user = useUser()
  const [mine, setMine] = useState(false)
  const [show, setShow] = useState<Show>('all')
  const all = mine ? tasks.all.filter(job => job.ownerId === user.id) : tasks.all
  return (
    // Esc closes the topmost thing only: a dialog above has its own.
    <div
      onKeyDown={event => {
        if (event.key === 'Escape' && !event.defaultPrevented) onClose()
      }}
    >
      <div className="rk-bar">
        <ToggleGroup aria-label={t('whose')} isCompact>
          <ToggleGroupItem text={t('everybody')} isSelected={!mine} onChange={() => setMine(false)} />
          <ToggleGroupItem text={t('mine')} isSelected={mine} onChange={() => setMine(true)} />
        </ToggleGroup>
        <TaskTabs jobs={all} show={show} onShow={setShow} />
        <span className="rk-space" />
        <Go to={paths.tasks()}>{t('asPage')}</Go>
      </div>
      <TaskTable jobs={tasksShown(all, show).slice(0, most)} />
    </div>
  )
}
