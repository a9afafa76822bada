import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useAsk } from '../api/hooks.ts'
import type { VmRow } from '../api/rows.ts'
import { Spark } from '../charts/index.ts'
import { useFormat, useMinute } from '../format/index.ts'
import { Card } from '../templates/card.tsx'

/** How far back the small lines go, minutes. */
const minutes = 15

/** The numbers of this moment, each with the line of the last minutes. */
export function NowCard({ vm }: { vm: VmRow }) {
  const { t } = useTranslation('vms')
  const format = useFormat()
  const { data } = useAsk('vm.now', { ids: [vm.id] })
  const now = data?.[0]
  const past = usePast(vm)
  const sum = (a: readonly (number | null)[], b: readonly (number | null)[]) =>
    a.map((value, index) => (value === null ? null : value + (b[index] ?? 0)))
  const lines: readonly (readonly [string, ReactNode, readonly (number | null)[], number?])[] =
    now === undefined
      ? []
      : [
          [t('column.cpu'), format.percent(now.cpu), past.cpu, 1],
          [t('column.memory'), format.bytesOf(now.memoryUsed, now.memory), past.memoryUsed, now.memory],
          [
            t('column.network'),
            `↓ ${format.bitRate(now.rxBytes * 8)} ↑ ${format.bitRate(now.txBytes * 8)}`,
            sum(past.rxBytes, past.txBytes),
          ],
          [
            t('disk'),
            t('diskRates', {
              read: format.byteRate(now.readBytes),
              write: format.byteRate(now.writeBytes),
              ops: format.number(Math.round(now.readOps + now.writeOps)),
            }),
            sum(past.readBytes, past.writeBytes),
          ],
        ]
  return (
    <Card title={t('card.now')} more={t('lastMinutes', { n: minutes })}>
      {now === undefined ? (
        <p className="rk-sub">{t(vm.runId === null ? 'nowOff' : 'nowSoon')}</p>
      ) : (
        <dl className="rk-now-list">
          {lines.map(([name, value, values, top]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>
                <Spark values={values} width={110} height={20} {...(top === undefined ? {} : { max: top })} />
                <b>{value}</b>
              </dd>
            </div>
          ))}
        </dl>
      )}
    </Card>
  )
}

const nothing = { cpu: [], memoryUsed: [], rxBytes: [], txBytes: [], readBytes: [], writeBytes: [] }

/** The last minutes of a VM's numbers, from a minute to the next. */
function usePast(vm: VmRow) {
  const now = useMinute()
  const { data } = useAsk(
    'vm.history',
    { id: vm.id, from: now - minutes * 60_000, to: now + 60_000, points: 60 },
    { enabled: vm.runId !== null, keep: true },
  )
  return data ?? nothing
}
