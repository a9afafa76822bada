import { useTranslation } from 'react-i18next'
import { useAsk } from '../api/hooks.ts'
import { useFormat } from '../format/index.ts'
import { paths } from '../paths.ts'
import { Card, Share } from '../templates/card.tsx'
import { Go } from '../templates/go.tsx'

/** CPU, memory and storage of everything together: what is used, and what is promised. */
export function Capacity() {
  const { t } = useTranslation('dashboard')
  const format = useFormat()
  const { data } = useAsk('inventory.now', {})
  const cards = [
    {
      key: 'cpu',
      to: paths.hosts(),
      part: data?.cpusUsed ?? 0,
      whole: data?.cpus ?? 0,
      of: t('cpu.of', {
        used: format.short(Math.round((data?.cpusUsed ?? 0) * 10) / 10),
        all: format.number(data?.cpus),
      }),
      promised: undefined,
    },
    {
      key: 'memory',
      to: paths.hosts(),
      part: data?.memoryUsed ?? 0,
      whole: data?.memory ?? 0,
      of: format.bytesOf(data?.memoryUsed, data?.memory),
      promised: t('promised', { size: format.bytes(data?.memoryPromised) }),
    },
    {
      key: 'storage',
      to: paths.domains(),
      part: data?.storageUsed ?? 0,
      whole: data?.storage ?? 0,
      of: format.bytesOf(data?.storageUsed, data?.storage),
      promised: t('promised', { size: format.bytes(data?.storagePromised) }),
    },
  ] as const
  return cards.map(card => (
    <Card key={card.key} title={t(`${card.key}.title`)} more={<Go to={card.to}>{t(`${card.key}.link`)}</Go>}>
      <p className="rk-big">
        <b>{data === undefined || card.whole === 0 ? '–' : format.percent(card.part / card.whole)}</b>
        <span className="rk-sub">{data === undefined || card.whole === 0 ? t('noneYet') : card.of}</span>
      </p>
      <Share part={card.part} whole={card.whole} label={t(`${card.key}.title`)} />
      {card.promised === undefined || card.whole === 0 ? null : <p className="rk-sub rk-small">{card.promised}</p>}
    </Card>
  ))
}
