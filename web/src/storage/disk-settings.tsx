import { Button } from '@patternfly/react-core'
import { useTranslation } from 'react-i18next'
import type { DiskRow } from '../api/rows.ts'
import { Card, Facts } from '../templates/card.tsx'
import { Name } from '../templates/name.tsx'
import { useDialog } from '../templates/use-dialog.ts'

/** What can be said of a disk; one dialog changes it. */
export function DiskSettings({ disk }: { disk: DiskRow }) {
  const { t } = useTranslation(['storage', 'common'])
  const { open } = useDialog()
  const word = (on: boolean) => (on ? t('common:yes') : t('common:no'))
  return (
    <div className="rk-cards">
      <Card
        title={t('card.general')}
        more={
          <Button variant="link" isInline size="sm" onClick={() => open('disk-edit', [disk.id])}>
            {t('common:edit')}
          </Button>
        }
      >
        <Facts
          facts={[
            [t('column.alias'), <Name key="n" text={disk.alias} />],
            [t('common:description'), <Name key="d" text={disk.description} most={400} />],
            [t('fact.shareable'), word(disk.shareable)],
            [t('fact.wipe'), word(disk.wipeAfterDelete)],
          ]}
        />
      </Card>
      <Card title={t('card.backup')}>
        <Facts facts={[[t('fact.incremental'), word(disk.backup === 'incremental')]]} />
      </Card>
    </div>
  )
}
