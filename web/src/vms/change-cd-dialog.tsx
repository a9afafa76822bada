import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { op } from '../api/client.ts'
import type { VmRow } from '../api/rows.ts'
import { useFormat } from '../format/index.ts'
import { Choice } from '../templates/dialog/choice.tsx'
import { FormDialog } from '../templates/dialog/form-dialog.tsx'
import { useMedia } from './media.ts'
import { useVmReason } from './reasons.ts'

/** Changes what lies in the CD drive, at each start and, where the VM runs, now. */
export function ChangeCd({ vm, file: known, onClose }: { vm: VmRow; file: string; onClose: () => void }) {
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
