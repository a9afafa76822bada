import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { op } from '../api/client.ts'
import { toApiError } from '../api/error.ts'
import type { JobRow } from '../api/rows.ts'
import { ActionButton } from '../templates/action-button.tsx'
import type { ActionItem } from '../templates/actions.ts'
import { useNotes } from '../templates/notes.tsx'
import { useTaskText } from './use-task-text.ts'

const Confirm = lazy(() => import('../templates/dialog/confirm.tsx').then(m => ({ default: m.Confirm })))

/** What can be done with a task: cancel it while it works; retry or abandon it when it needs a person. */
export function TaskActions({ job }: { job: JobRow }) {
  const { t } = useTranslation('tasks')
  const notes = useNotes()
  const taskText = useTaskText()
  const [leaving, setLeaving] = useState(false)
  const run = (name: 'job.cancel' | 'job.retry') => {
    op(name, { jobId: job.id }).catch((error: unknown) =>
      notes.failed(t('failed', { what: taskText(job) }), toApiError(error)),
    )
  }
  const actions: ActionItem[] =
    job.status === 'stuck'
      ? [
          { key: 'retry', label: t('retry'), run: () => run('job.retry') },
          { key: 'abandon', label: t('abandon'), danger: true, run: () => setLeaving(true) },
        ]
      : job.status === 'queued' || job.status === 'running'
        ? [
            {
              key: 'cancel',
              label: t('cancel'),
              reason: job.cancel ? t('cancelling') : job.noReturn ? t('noReturn') : undefined,
              run: () => run('job.cancel'),
            },
          ]
        : []
  return (
    <span className="rk-bar">
      {actions.map(action => (
        <ActionButton key={action.key} action={action} />
      ))}
      <Suspense>
        {leaving ? (
          <Confirm
            grade="loss"
            title={t('abandonTitle', { what: taskText(job) })}
            verb={t('abandonVerb')}
            effect={t('abandonEffect')}
            run={async () => {
              await op('job.abandon', { jobId: job.id })
              setLeaving(false)
            }}
            onClose={() => setLeaving(false)}
          />
        ) : null}
      </Suspense>
    </span>
  )
}
