import { Alert, Button, Progress, ProgressMeasureLocation } from '@patternfly/react-core'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { ApiError } from '../api/error.ts'
import { useFormat, useSecond } from '../format/index.ts'
import { StatusIcon, type StatusRole } from '../status/index.ts'
import { useErrorText } from '../templates/error-text.ts'
import { Name } from '../templates/name.tsx'
import { dismiss, useUpload } from './manager.ts'
import type { Upload, UploadPhase } from './upload.ts'

const roles: Readonly<Record<UploadPhase, StatusRole>> = {
  queued: 'waiting',
  preparing: 'working',
  opening: 'working',
  sending: 'working',
  paused: 'attention',
  lost: 'attention',
  checking: 'working',
  done: 'good',
  failed: 'problem',
  cancelled: 'off',
}

/** A success leaves after so long (ms), unless somebody looks at it; what went wrong stays. */
const successLeaves = 8000

/** One upload: how far it is, how fast, and what can be done about it. */
export function UploadLine({ upload }: { upload: Upload }) {
  const { t } = useTranslation('images')
  const { bytesOf, byteRate, duration, percent } = useFormat()
  const state = useUpload(upload)
  const { phase, sent, rate, error } = state
  const [looked, setLooked] = useState(false)
  useEffect(() => {
    if (phase !== 'done' || looked) return
    const timer = setTimeout(() => dismiss(upload), successLeaves)
    return () => clearTimeout(timer)
  }, [phase, looked, upload])
  const over = ['done', 'failed', 'cancelled'].includes(phase)
  const part = upload.size === 0 ? 0 : sent / upload.size
  const left = rate === undefined || rate <= 0 ? undefined : ((upload.size - sent) / rate) * 1000
  return (
    // Looking only stops a clock; there is nothing to operate.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <li
      className="rk-upload"
      data-phase={phase}
      onPointerEnter={() => setLooked(true)}
      onPointerLeave={() => setLooked(false)}
      onFocus={() => setLooked(true)}
      onBlur={() => setLooked(false)}
    >
      <div className="rk-upload-head">
        <StatusIcon role={roles[phase]} />
        <Name text={upload.name} />
        <span className="rk-sub">{t(`phase.${phase}`)}</span>
        <span className="rk-upload-buttons">
          {['preparing', 'opening', 'sending', 'lost'].includes(phase) && (
            <Button variant="link" isInline size="sm" onClick={() => void upload.pause()}>
              {t('pause')}
              <span className="pf-v6-screen-reader"> {upload.name}</span>
            </Button>
          )}
          {phase === 'paused' && (
            <Button variant="link" isInline size="sm" onClick={() => void upload.run()}>
              {t('resume')}
              <span className="pf-v6-screen-reader"> {upload.name}</span>
            </Button>
          )}
          {!over && phase !== 'checking' && (
            <Button variant="link" isInline size="sm" onClick={() => void upload.cancel()}>
              {t('cancel')}
              <span className="pf-v6-screen-reader"> {upload.name}</span>
            </Button>
          )}
          {over && (
            <Button variant="link" isInline size="sm" onClick={() => dismiss(upload)}>
              {t('dismiss')}
              <span className="pf-v6-screen-reader"> {upload.name}</span>
            </Button>
          )}
        </span>
      </div>
      {!over && (
        <Progress
          value={Math.floor(part * 100)}
          valueText={percent(part)}
          measureLocation={ProgressMeasureLocation.none}
          aria-label={t('progressOf', { name: upload.name })}
          size="sm"
        />
      )}
      {!over && (
        <p className="rk-sub rk-upload-numbers">
          {percent(part)} · {bytesOf(sent, upload.size)}
          {phase === 'sending' && rate !== undefined && ` · ${byteRate(rate)}`}
          {phase === 'sending' && left !== undefined && ` · ${t('left', { time: duration(roundUp(left)) })}`}
        </p>
      )}
      {phase === 'lost' && <Lost upload={upload} until={state.retryAt ?? 0} />}
      {phase === 'failed' && error !== undefined && <Failed upload={upload} error={error} part={part} />}
    </li>
  )
}

/** Whole units: a guess is no measurement. */
const roundUp = (ms: number) => (ms < 60_000 ? Math.ceil(ms / 1000) * 1000 : Math.ceil(ms / 60_000) * 60_000)

function Lost({ upload, until }: { upload: Upload; until: number }) {
  const { t } = useTranslation('images')
  const now = useSecond()
  return (
    <p className="rk-upload-lost" role="status">
      {t('lost.what')} {t('lost.why')}{' '}
      <span aria-hidden="true">{t('lost.next', { seconds: Math.max(0, Math.ceil((until - now) / 1000)) })}</span>{' '}
      <Button variant="link" isInline size="sm" onClick={() => upload.nudge()}>
        {t('resumeNow')}
      </Button>
    </p>
  )
}

function Failed({ upload, error, part }: { upload: Upload; error: ApiError; part: number }) {
  const { t } = useTranslation('images')
  const { percent, bytesOf } = useFormat()
  const { why, foreign } = useErrorText(error)
  const next = ['upload.other_file', 'upload.file_changed'] as const
  const known = next.find(code => code === error.code)
  const done = bytesOf(upload.get().sent, upload.size)
  return (
    <Alert variant="danger" isInline isPlain title={t('failed.what', { part: percent(part), done })}>
      <p lang={foreign ? 'en' : undefined}>
        <bdi>{why}</bdi>
      </p>
      <p className="rk-sub">
        {t(`failed.next.${known === undefined ? 'other' : known === 'upload.other_file' ? 'otherFile' : 'changed'}`)}
      </p>
      <p className="rk-sub rk-small">
        <code>{error.code}</code>
      </p>
      <Button variant="link" isInline size="sm" onClick={() => void upload.cancel()}>
        {t('discard')}
      </Button>
    </Alert>
  )
}
