import { Button } from '@patternfly/react-core'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useAsk } from '../api/hooks.ts'
import type { VmRow } from '../api/rows.ts'
import { Card, Facts } from '../templates/card.tsx'
import { Name } from '../templates/name.tsx'
import { useMedia } from './media.ts'

const ChangeCd = lazy(() => import('./change-cd-dialog.tsx').then(m => ({ default: m.ChangeCd })))

/** The CD drive: what is in it now, and what lies in it at each start. */
export function CdDrive({ vm }: { vm: VmRow }) {
  const { t } = useTranslation('vms')
  const { data } = useAsk('cdrom.list', { vmIds: [vm.id] })
  const [open, setOpen] = useState(false)
  const media = useMedia()
  const drive = data?.[0]
  const called = (file: string | null | undefined) =>
    file == null ? t('noCd') : <Name text={media.find(one => one.file === file)?.name ?? file} />
  return (
    <Card
      title={t('cd.title')}
      more={
        <Button variant="secondary" size="sm" onClick={() => setOpen(true)}>
          {t('cd.change')}
        </Button>
      }
    >
      <Facts
        facts={[
          [t('cd.stored'), called(drive?.stored)],
          [t('cd.current'), vm.runId === null ? undefined : called(drive?.current)],
        ]}
      />
      <Suspense>
        {open ? <ChangeCd vm={vm} file={drive?.stored ?? ''} onClose={() => setOpen(false)} /> : null}
      </Suspense>
    </Card>
  )
}
