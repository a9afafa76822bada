import { Button } from '@patternfly/react-core'
import { useTranslation } from 'react-i18next'
import type { StorageDomainRow } from '../api/rows.ts'
import { useFormat } from '../format/index.ts'
import { Card, Facts } from '../templates/card.tsx'
import { Name } from '../templates/name.tsx'
import { useDialog } from '../templates/use-dialog.ts'

/** What can be said of a storage domain; one dialog changes it. */
export function DomainSettings({ domain }: { domain: StorageDomainRow }) {
  const { t } = useTranslation(['storage', 'common'])
  const format = useFormat()
  const { open } = useDialog()
  const edit = (
    <Button variant="link" isInline size="sm" onClick={() => open('domain-edit', [domain.id])}>
      {t('common:edit')}
    </Button>
  )
  const word = (on: boolean) => (on ? t('common:yes') : t('common:no'))
  return (
    <div className="rk-cards">
      <Card title={t('card.general')} more={edit}>
        <Facts
          facts={[
            [t('common:name'), <Name key="n" text={domain.name} />],
            [t('common:description'), <Name key="d" text={domain.description} most={400} />],
            [t('common:comment'), <Name key="c" text={domain.comment} most={400} />],
          ]}
        />
      </Card>
      <Card title={t('card.rules')}>
        <Facts
          facts={[
            [t('fact.warning'), t('warningAt', { percent: domain.warningLowSpace })],
            [t('fact.critical'), t('criticalAt', { size: format.bytes(domain.criticalSpaceGib * 1024 ** 3) })],
            [t('fact.wipe'), word(domain.wipeAfterDelete)],
            [t('fact.discard'), word(domain.discardAfterDelete)],
          ]}
        />
      </Card>
    </div>
  )
}
