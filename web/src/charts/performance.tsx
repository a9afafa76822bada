import { Button, ToggleGroup, ToggleGroupItem } from '@patternfly/react-core'
import { useTranslation } from 'react-i18next'
import { useAsk } from '../api/hooks.ts'
import type { HistoryRow } from '../api/rows.ts'
import { useFormat, useMinute } from '../format/index.ts'
import { Problem } from '../templates/problem.tsx'
import { useTextSearch } from '../templates/use-text-search.ts'
import './charts.css'
import { niceTop, type Value } from './numbers.ts'
import { asked, rangeNames, readRange, shown, writeRange } from './range.ts'
import { TimeChart } from './time-chart.tsx'

const empty: HistoryRow = {
  at: [],
  cpu: [],
  memoryUsed: [],
  rxBytes: [],
  txBytes: [],
  readBytes: [],
  writeBytes: [],
  readOps: [],
  writeOps: [],
}

const highest = (...all: (readonly Value[])[]): number =>
  all.reduce((top, values) => values.reduce<number>((most, value) => Math.max(most, value ?? 0), top), 0)
const bits = (values: readonly Value[]): Value[] => values.map(value => (value === null ? null : value * 8))

/**
 * The numbers of a VM or a host over time, moving as they come: CPU, memory, network, disks. The range is in the address
 * (`from`, `to`); marking a piece of time with the pointer shows that piece.
 */
export function Performance({
  kind,
  id,
  name,
  memory,
}: {
  kind: 'vm' | 'host'
  id: string
  name: string
  /** What there is, in bytes: the top of its axis. */
  memory?: number | null
}) {
  const { t } = useTranslation('charts')
  const format = useFormat()
  const now = useMinute()
  const { search, change } = useTextSearch()
  const range = readRange(search['from'], search['to'])
  const input = { id, ...asked(range, now) }
  const ofVm = useAsk('vm.history', input, { enabled: kind === 'vm', keep: true })
  const ofHost = useAsk('host.history', input, { enabled: kind === 'host', keep: true })
  const { data, error } = kind === 'vm' ? ofVm : ofHost
  const h = data ?? empty
  const axis = shown(range, now, h.at.at(-1))
  const [rx, tx] = [bits(h.rxBytes), bits(h.txBytes)]
  const shared = {
    subject: name,
    at: h.at,
    ...axis,
    onSelect: (from: number, to: number) => change(writeRange({ from, to })),
  }
  const rangeText = (key: (typeof rangeNames)[number]) => t(`range.${key}`)
  return (
    <div className="rk-performance">
      <div className="rk-chart-bar">
        <ToggleGroup isCompact aria-label={t('range.label')}>
          {rangeNames.map(key => (
            <ToggleGroupItem
              key={key}
              text={rangeText(key)}
              isSelected={range.kind === 'last' && range.name === key}
              onChange={() => change(writeRange(key))}
            />
          ))}
        </ToggleGroup>
        {range.kind === 'fixed' && (
          <>
            <span>
              {format.absolute(range.from)} – {format.absolute(range.to)}
            </span>
            <Button variant="link" isInline size="sm" onClick={() => change(writeRange('1h'))}>
              {t('range.back')}
            </Button>
          </>
        )}
        <span className="rk-sub rk-small">{t('hint')}</span>
      </div>
      {error !== null && data === undefined && <Problem error={error} />}
      <TimeChart
        {...shared}
        title={t('cpu')}
        series={[{ label: t('used'), values: h.cpu }]}
        top={Math.max(1, highest(h.cpu))}
        value={format.percent}
      />
      <TimeChart
        {...shared}
        title={t('memory')}
        series={[{ label: t('used'), values: h.memoryUsed }]}
        top={memory ?? niceTop(highest(h.memoryUsed), 1024)}
        value={format.bytes}
      />
      <TimeChart
        {...shared}
        title={t('network')}
        series={[
          { label: t('in'), values: rx },
          { label: t('out'), values: tx },
        ]}
        top={niceTop(Math.max(1000, highest(rx, tx)), 1000)}
        value={format.bitRate}
      />
      <TimeChart
        {...shared}
        title={t('disk')}
        series={[
          { label: t('read'), values: h.readBytes },
          { label: t('write'), values: h.writeBytes },
        ]}
        top={niceTop(Math.max(1024, highest(h.readBytes, h.writeBytes)), 1024)}
        value={format.byteRate}
      />
      <TimeChart
        {...shared}
        title={t('iops')}
        series={[
          { label: t('read'), values: h.readOps },
          { label: t('write'), values: h.writeOps },
        ]}
        top={niceTop(Math.max(1, highest(h.readOps, h.writeOps)), 1000)}
        value={format.short}
      />
    </div>
  )
}
