import { useTranslation } from 'react-i18next'
import { useAsk } from '../api/hooks.ts'
import type { VmRow } from '../api/rows.ts'
import { useFormat } from '../format/index.ts'
import { Card, Facts } from '../templates/card.tsx'

/** The numbers of this moment. */
export function NowCard({ vm }: { vm: VmRow }) {
  const { t } = useTranslation('vms')
  const format = useFormat()
  const { data } = useAsk('vm.now', { ids: [vm.id] })
  const now = data?.[0]
  return (
    <Card title={t('card.now')}>
      {now === undefined ? (
        <p className="rk-sub">{t(vm.runId === null ? 'nowOff' : 'nowSoon')}</p>
      ) : (
        <Facts
          facts={[
            [t('column.cpu'), format.percent(now.cpu)],
            [t('column.memory'), format.bytesOf(now.memoryUsed, now.memory)],
            [t('column.network'), `↓ ${format.bitRate(now.rxBytes * 8)} ↑ ${format.bitRate(now.txBytes * 8)}`],
            [
              t('disk'),
              t('diskRates', {
                read: format.byteRate(now.readBytes),
                write: format.byteRate(now.writeBytes),
                ops: format.number(Math.round(now.readOps + now.writeOps)),
              }),
            ],
          ]}
        />
      )}
    </Card>
  )
}
