import { useId } from 'react'
import { useTranslation } from 'react-i18next'
import type { NativeQueries } from '../api/native.ts'
import { Time } from '../format/index.ts'
import { paths } from '../paths.ts'
import { Status } from '../status/index.ts'
import { Facts } from '../templates/card.tsx'
import { Copy } from '../templates/copy.tsx'
import { Go } from '../templates/go.tsx'
import { Name } from '../templates/name.tsx'

type Event = NativeQueries['event.search']['output'][number]

/** Where an object that an event is about is looked at; undefined for kinds without a page. */
function pageOf(kind: string, id: string): string | undefined {
  if (kind === 'vm') return paths.vm(id)
  if (kind === 'host') return paths.host(id)
  if (kind === 'disk') return paths.disk(id)
  if (kind === 'storage_domain') return paths.domain(id)
  return undefined
}

/** One event: its line, and when it is open everything that is known of it. */
export function EventRow(p: { event: Event; text: string; open: boolean; onToggle: () => void }) {
  const { t } = useTranslation('events')
  const { event, text } = p
  const id = useId()
  return (
    <li className="rk-event" data-severity={event.severity}>
      <button type="button" className="rk-event-line" aria-expanded={p.open} aria-controls={id} onClick={p.onToggle}>
        <span className="rk-sub rk-event-time">
          <Time at={event.at} />
        </span>
        <span className="rk-event-severity">
          <Status kind="severity" status={event.severity} />
        </span>
        <span className="rk-grow">
          <Name text={text} most={160} />
        </span>
        <span className="rk-sub rk-event-by">
          {event.actorName === null ? null : <Name text={event.actorName.replace(/-authz$/, '')} most={24} />}
        </span>
      </button>
      <div id={id} className="rk-event-more" hidden={!p.open}>
        {p.open ? (
          <Facts
            facts={[
              [t('message'), <Name key="message" text={text} most={2000} />],
              [
                t('objects'),
                event.refs.length === 0
                  ? t('noObjects')
                  : event.refs.map(ref => {
                      const to = pageOf(ref.kind, ref.id)
                      const name = <Name text={ref.name ?? ref.id} />
                      return (
                        <span key={`${ref.kind} ${ref.id}`} className="rk-chip">
                          {to === undefined ? name : <Go to={to}>{name}</Go>}
                        </span>
                      )
                    }),
              ],
              ...(event.jobId === null
                ? []
                : [
                    [
                      t('task'),
                      <Go key="task" to={paths.task(event.jobId)}>
                        {t('showTask')}
                      </Go>,
                    ] as const,
                  ]),
              [t('code'), `${event.code} ${event.name}`],
              [
                t('correlation'),
                event.correlationId === null ? (
                  '–'
                ) : (
                  <>
                    <code>{event.correlationId}</code> <Copy text={event.correlationId} label={t('copyCorrelation')} />
                  </>
                ),
              ],
            ]}
          />
        ) : null}
      </div>
    </li>
  )
}
