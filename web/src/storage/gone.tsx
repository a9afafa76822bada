import { useTranslation } from 'react-i18next'

/** Stands for something that is not there any more, or that one may not see. */
export function Gone({ what }: { what: string }) {
  const { t } = useTranslation('detail')
  return (
    <div className="rk-center">
      <p>{t('gone', { name: what })}</p>
    </div>
  )
}
