import { Button } from '@patternfly/react-core'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { VmRow } from '../api/rows.ts'
import { download } from './download.ts'
import type { SerialScreen } from './screens.ts'

/** What the serial line said, as plain text: for screen readers, for search, and to keep. */
export function Transcript({ screen, vm }: { screen: SerialScreen; vm: VmRow }) {
  const { t } = useTranslation('console')
  const [text, setText] = useState(() => screen.transcript())
  useEffect(() => screen.onSaid(() => setText(screen.transcript())), [screen])
  const save = () => download(`${vm.name}-serial.txt`, new Blob([`${screen.transcript()}\n`], { type: 'text/plain' }))
  return (
    <section className="rk-console-transcript" aria-label={t('transcript.title')}>
      <Button variant="link" isInline size="sm" onClick={save}>
        {t('transcript.save')}
      </Button>
      <textarea readOnly rows={10} value={text} aria-label={t('transcript.of', { vm: vm.name })} lang="en" dir="ltr" />
    </section>
  )
}
