import { Button } from '@patternfly/react-core'
import { useTranslation } from 'react-i18next'
import type { HostRow } from '../api/rows.ts'
import { Card, Facts } from '../templates/card.tsx'
import { Name } from '../templates/name.tsx'
import { useDialog } from '../templates/use-dialog.ts'
import { PowerCard } from './power-card.tsx'

/** What can be said of a host; one dialog changes it. */
export function HostSettings({ host }: { host: HostRow }) {
  const { t } = useTranslation(['hosts', 'common'])
  const { open } = useDialog()
  const known = ['-1', '1', '5', '10'] as const
  const priority = known.find(one => one === String(host.spmPriority))
  return (
    <div className="rk-cards">
      <Card
        title={t('card.general')}
        more={
          <Button variant="link" isInline size="sm" onClick={() => open('host-edit', [host.id])}>
            {t('common:edit')}
          </Button>
        }
      >
        <Facts
          facts={[
            [t('common:name'), <Name key="n" text={host.name} />],
            [t('common:description'), <Name key="d" text={host.description} most={400} />],
            [t('common:comment'), <Name key="c" text={host.comment} most={400} />],
            [t('fact.spmPriority'), priority === undefined ? host.spmPriority : t(`priority.${priority}`)],
          ]}
        />
      </Card>
      <Card title={t('card.reach')}>
        <Facts
          facts={[
            [t('fact.address'), <Name key="a" text={host.address} />],
            [t('fact.agentUrl'), <Name key="u" text={host.url} />],
            [t('fact.wanted'), t(`wanted.${host.wanted}`)],
          ]}
        />
      </Card>
      <PowerCard host={host} />
    </div>
  )
}
