import { Checkbox } from '@patternfly/react-core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { op } from '../api/client.ts'
import type { VmRow } from '../api/rows.ts'
import { useFormat } from '../format/index.ts'
import { Choice } from '../templates/dialog/choice.tsx'
import { FormDialog } from '../templates/dialog/form-dialog.tsx'
import { useMedia } from './media.ts'
import { type BootOrder, bootOrders } from './new-vm.ts'

/** Starts a VM with another boot device or CD, for one run only. */
export function RunOnceDialog({ vm, onClose }: { vm: VmRow; onClose: () => void }) {
  const { t } = useTranslation('vms')
  const { bytes } = useFormat()
  const media = useMedia()
  const [boot, setBoot] = useState<BootOrder>('cd')
  const [file, setFile] = useState('')
  const [pause, setPause] = useState(false)
  const [missing, setMissing] = useState(false)
  const submit = async () => {
    const medium = media.find(one => one.file === file)
    if (boot === 'cd' && medium === undefined) {
      setMissing(true)
      return false
    }
    const runOnce = { boot: [...bootOrders[boot]], ...(medium === undefined ? {} : { cdrom: medium.forRun }) }
    await op('vm.start', { id: vm.id, pause, runOnce })
    onClose()
    return true
  }
  return (
    <FormDialog
      title={t('runOnce.title', { name: vm.name })}
      description={t('runOnce.lead')}
      submitLabel={t('runOnce.run')}
      submit={submit}
      onClose={onClose}
    >
      <Choice
        id="run-boot"
        label={t('runOnce.boot')}
        value={boot}
        onChange={next => {
          setBoot(next as BootOrder)
          setMissing(false)
        }}
        options={(['cd', 'disk', 'network'] as const).map(order => ({ value: order, label: t(`boot.${order}`) }))}
      />
      <Choice
        id="run-iso"
        label={t('iso')}
        value={file}
        onChange={next => {
          setFile(next)
          setMissing(false)
        }}
        error={missing ? t('problem.cdMissing') : undefined}
        options={[
          { value: '', label: t('noCd') },
          ...media.map(one => ({ value: one.file, label: `${one.name} · ${bytes(one.size)}` })),
        ]}
      />
      <Checkbox
        id="run-paused"
        label={t('runOnce.paused')}
        isChecked={pause}
        onChange={(_event, next) => setPause(next)}
      />
    </FormDialog>
  )
}
