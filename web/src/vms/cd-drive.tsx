import { Button } from '@patternfly/react-core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { op } from '../api/client.ts'
import { useAsk } from '../api/hooks.ts'
import type { VmRow } from '../api/rows.ts'
import { useFormat } from '../format/index.ts'
import { Card, Facts } from '../templates/card.tsx'
import { Choice } from '../templates/dialog/choice.tsx'
import { FormDialog } from '../templates/dialog/form-dialog.tsx'
import { Name } from '../templates/name.tsx'
import { useMedia } from './media.ts'
import { useVmReason } from './reasons.ts'

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
      {open ? <ChangeCd vm={vm} file={drive?.stored ?? ''} onClose={() => setOpen(false)} /> : null}
    </Card>
  )
}

function ChangeCd({ vm, file: known, onClose }: { vm: VmRow; file: string; onClose: () => void }) {
  const { t } = useTranslation('vms')
  const { bytes } = useFormat()
  const media = useMedia()
  const reason = useVmReason()
  const [file, setFile] = useState(known)
  const running = vm.runId !== null && reason('changeCd', vm) === undefined
  return (
    <FormDialog
      title={t('cd.changeOf', { name: vm.name })}
      submitLabel={t('cd.change')}
      onClose={onClose}
      submit={async () => {
        const next = file === '' ? null : file
        await op('cdrom.update', { vmId: vm.id, file: next })
        if (running) await op('cdrom.update', { vmId: vm.id, file: next, current: true })
        onClose()
      }}
    >
      <Choice
        id="cd-file"
        label={t('iso')}
        value={file}
        onChange={setFile}
        options={[
          { value: '', label: t('noCd') },
          ...media.map(one => ({ value: one.file, label: `${one.name} · ${bytes(one.size)}` })),
        ]}
      />
    </FormDialog>
  )
}
