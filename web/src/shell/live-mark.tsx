import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useLive } from '../live/index.ts'

/** How long the stream may be away before anybody is told (ms). */
const patience = 3000

/** Whether the stream has been away for so long that what is shown may be old. */
function useStale(): boolean {
  const { phase, heardAt } = useLive()
  const [late, setLate] = useState(false)
  useEffect(() => {
    if (phase !== 'broken') return setLate(false)
    const timer = setTimeout(() => setLate(true), Math.max(0, heardAt + patience - Date.now()))
    return () => clearTimeout(timer)
  }, [phase, heardAt])
  return late && phase === 'broken'
}

/** The word beside the counts in the masthead: live, or not. */
export function LiveMark() {
  const { t } = useTranslation('shell')
  const { phase } = useLive()
  const stale = useStale()
  const word = stale ? 'broken' : phase === 'connecting' ? 'connecting' : 'live'
  return (
    <span className="rk-live" data-phase={word}>
      <svg width="10" height="10" viewBox="0 0 10 10" aria-hidden="true">
        <circle cx="5" cy="5" r="4" />
      </svg>
      {t(`live.${word}`)}
    </span>
  )
}

/** The strip in its reserved line: the stream is lost, and of when the data is. */
export function StaleStrip() {
  const { t } = useTranslation('shell')
  const { heardAt } = useLive()
  const stale = useStale()
  const at = new Date(heardAt)
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map(n => String(n).padStart(2, '0')).join(':')
  return (
    <div className="rk-stale" role="status" data-shown={stale}>
      {stale ? t('live.strip', { time }) : null}
    </div>
  )
}
