import { useTranslation } from 'react-i18next'
import type { VmRow } from '../api/rows.ts'
import { Card } from '../templates/card.tsx'
import { ExplanationTable } from '../templates/explanation.tsx'

/** Where a machine could run, and why not elsewhere. */
export function VmPlacement({ vm }: { vm: VmRow }) {
  const { t } = useTranslation('scheduling')
  return (
    <div className="rk-column">
      <Card title={t('title')} wide>
        <ExplanationTable vmId={vm.id} />
      </Card>
    </div>
  )
}
