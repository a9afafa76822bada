import { useTranslation } from 'react-i18next'
import { useAsk } from '../api/hooks.ts'
import { paths } from '../paths.ts'
import { StatusIcon, type StatusRole } from '../status/index.ts'
import { Card } from '../templates/card.tsx'
import { Go } from '../templates/go.tsx'

const done: StatusRole = 'good'

const total = (counts: Record<string, number>): number => Object.values(counts).reduce((all, n) => all + n, 0)

/** What comes first in a new installation, until it is done; then that nothing needs anybody. */
export function Start() {
  const { t } = useTranslation('dashboard')
  const { data } = useAsk('inventory.counts', {})
  if (data === undefined) return null
  const steps = [
    { key: 'host', done: (data.hosts['up'] ?? 0) > 0, to: paths.hosts() },
    { key: 'storage', done: (data.storageDomains['active'] ?? 0) > 0, to: paths.domains() },
    { key: 'image', done: data.disks + data.isos > 0, to: paths.images() },
    { key: 'vm', done: total(data.vms) > 0, to: paths.newVm() },
  ] as const
  const open = steps.filter(step => !step.done)
  if (open.length === 0)
    return (
      <Card title={t('attention.title')} wide>
        <p className="rk-status" data-role="good">
          <StatusIcon role={done} /> {t('attention.none')}
        </p>
      </Card>
    )
  return (
    <Card
      title={t('start.title')}
      more={t('start.progress', { done: steps.length - open.length, all: steps.length })}
      wide
    >
      <ol className="rk-start">
        {steps.map(step => (
          <li key={step.key} data-done={step.done}>
            <StatusIcon role={step.done ? 'good' : 'off'} />
            <span className="rk-grow">
              {step.done ? (
                <span>
                  {t(`start.${step.key}.title`)} <span className="pf-v6-screen-reader">{t('start.done')}</span>
                </span>
              ) : (
                <Go to={step.to}>{t(`start.${step.key}.title`)}</Go>
              )}
              {step.done ? null : <span className="rk-sub"> {t(`start.${step.key}.how`)}</span>}
            </span>
          </li>
        ))}
      </ol>
    </Card>
  )
}
