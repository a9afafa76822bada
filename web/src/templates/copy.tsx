import { Button } from '@patternfly/react-core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

/** Copies a text to the clipboard, and says so. */
export function Copy({ text, label }: { text: string; label?: string }) {
  const { t } = useTranslation('common')
  const [done, setDone] = useState(false)
  const copy = () => {
    void navigator.clipboard.writeText(text).then(() => setDone(true))
  }
  return (
    <Button variant="link" isInline size="sm" onClick={copy} onBlur={() => setDone(false)}>
      {done ? t('copied') : (label ?? t('copy'))}
    </Button>
  )
}
