import { useTranslation } from 'react-i18next'
import { useAsk } from '../api/hooks.ts'
import type { StepRow } from '../api/rows.ts'
import { epoch, useFormat } from '../format/index.ts'
import { StatusIcon, type StatusRole } from '../status/index.ts'
import { Name } from '../templates/name.tsx'

const roles = { running: 'working', finished: 'good', failed: 'problem' } as const satisfies Record<string, StatusRole>

/** How long a step took, or undefined while it works (ms). */
const took = (step: StepRow): number | undefined =>
  step.endedAt === null ? undefined : epoch(step.endedAt) - epoch(step.startedAt)

/** The steps of a task, oldest first, each with its time; what was undone says so. */
export function StepList({ jobId, kind }: { jobId: string; kind?: string }) {
  const { t } = useTranslation('tasks')
  const { duration, percent } = useFormat()
  const { data: steps } = useAsk('job.steps', { jobId })
  return (
    <ol className="rk-steps">
      {steps?.map(step => (
        <li key={step.name}>
          <StatusIcon role={roles[step.status]} />
          <span className="rk-grow">
            <span className="pf-v6-screen-reader">{t(`step.${step.status}`)} </span>
            <StepName kind={kind ?? ''} name={step.name} />
            {step.undoStatus === 'finished' ? <span className="rk-chip">{t('undone')}</span> : null}
            {step.error === null ? null : (
              <span className="rk-sub rk-small" lang="en">
                {' '}
                <bdi>{step.error.message}</bdi>
              </span>
            )}
          </span>
          <span className="rk-sub">
            {step.status === 'running' && step.progress !== null ? percent(step.progress) : null}
            {took(step) === undefined ? null : duration(took(step))}
          </span>
        </li>
      ))}
    </ol>
  )
}

/** What a step does, in the language of the page where it has words; else the engine's own name of it, which is English. */
function StepName({ kind, name }: { kind: string; name: string }) {
  const { i18n } = useTranslation('tasks')
  // The last part: steps within a part of a task are called by the part too.
  const words: unknown = i18n.getResource(
    i18n.language,
    'tasks',
    `stepName.${kind}.${name.slice(name.lastIndexOf('/') + 1)}`,
  )
  return typeof words === 'string' ? (
    <span>{words}</span>
  ) : (
    <span lang="en">
      <Name text={name} most={60} />
    </span>
  )
}
