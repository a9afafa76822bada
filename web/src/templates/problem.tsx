import { Alert, Button } from '@patternfly/react-core'
import { useTranslation } from 'react-i18next'
import type { ApiError } from '../api/error.ts'
import { useErrorText } from './error-text.ts'
import { Copy } from './copy.tsx'

/** A failure in the part of the page that failed: what, why, what next, and what support needs. */
export function Problem({ error, title, again }: { error: ApiError; title?: string; again?: () => void }) {
  const { t } = useTranslation('common')
  const { why, foreign } = useErrorText(error)
  const support = [error.code, error.correlationId].filter(part => part !== undefined).join(' ')
  return (
    <Alert variant="danger" isInline title={title ?? t('error.title')} className="rk-problem">
      <p lang={foreign ? 'en' : undefined}>
        <bdi>{why}</bdi>
      </p>
      <p className="rk-sub">{t(`error.next.${error.kind}`)}</p>
      <p className="rk-sub rk-small">
        {t('error.code')} <code>{error.code}</code>
        {error.correlationId === undefined ? null : (
          <>
            {' · '}
            {t('error.correlation')} <code>{error.correlationId}</code>
          </>
        )}{' '}
        <Copy text={support} label={t('error.support')} />
        {again === undefined ? null : (
          <Button variant="link" isInline size="sm" onClick={again}>
            {t('error.again')}
          </Button>
        )}
      </p>
    </Alert>
  )
}
